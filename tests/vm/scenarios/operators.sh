# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What luod gives the operators of a real system, and what it asks a real systemd about its callers: sessions bound to a
# service over a kexec, the timer's numbers for node_exporter, the journal's explanations, and what a bug report needs.
# suites: sid
# on demand: trixie bookworm

ram=(67108864 42 4096 shrink,grow)
numbers=/var/lib/prometheus/node-exporter/luod.prom

# in_service NAME COMMAND...: of alice, in a service of that name; its end is the command's
in_service() {
  local name=$1
  shift
  systemd-run -q --wait --pipe --collect --unit "$name" -p User=alice -- "$@"
}

boot_1() {
  allow_alice
  check 'a service makes a session of its own' in_service guest luoctl create --bind-to-unit bound
  check 'and fills it' in_service guest memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram bound 7
  check_fails 'the same user elsewhere knows nothing of it' 'no .*session of that name' as_user alice luoctl show bound
  check_fails 'nor does another service of hers' 'no .*session of that name' in_service other luoctl show bound
  is 'root sees whose it is' guest.service unit_of bound
  kexec_direct
}

boot_2() {
  wait_booted
  check_fails 'in the next kernel, too: not for the user' 'no .*session of that name' as_user alice luoctl retrieve bound 7
  check_fails 'not for another service' 'no .*session of that name' in_service other luoctl retrieve bound 7
  check 'but for the one' in_service guest luoctl retrieve --by-luod bound ram -- "$(command -v memfd)" expect "${ram[@]}"
  numbers
  doctor
  check 'which finishes' in_service guest luoctl finish bound
}

unit_of() { luoctl list --json=short | sed -n "s/.*\"name\":\"$1\".*\"unit\":\"\([^\"]*\)\".*/\1/p"; }

numbers() {
  mkdir -p "${numbers%/*}"
  systemctl start luod-metrics.timer
  luo wait "$numbers"
  check 'the timer writes numbers' grep -qE '^luod_live_updates_total 1$' "$numbers"
  check 'which name the kinds' grep -qE '^luod_files\{.*kind="memfd".*\} 1$' "$numbers"
  check 'and end as they should' grep -qx '# EOF' "$numbers"
  is 'its service ended well' success systemctl show -P Result luod-metrics.service
}

doctor() {
  check 'the doctor has its say' luoctl doctor --output /run/doctor
  check 'which names the kernel' grep -qF "$(uname -r)" /run/doctor
  check 'the unit as systemd knows it' grep -q '^ *FileDescriptorStoreMax=[1-9]' /run/doctor
  check 'the journal' grep -q 'luod.* is ready with' /run/doctor
  check 'and the session' grep -qw bound /run/doctor
  is 'for root only' '600 root' stat -c '%a %U' /run/doctor
}
