# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The main job through `systemctl kexec`: luod lives until the kernel is replaced, and holds the sessions.
# long: trixie

ram=(67108864 42 4096 shrink,grow)

boot_1() {
  allow_alice
  check 'alice makes a session' as_user alice luoctl create vm1
  check 'luod preserves a memfd of hers' as_user alice memfd make "${ram[@]}" \
    luoctl preserve --by-luod --fd 3 --name ram --metadata role=ram vm1 7
  kexec_systemd
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  (($(systemd_version) < 261)) || is 'systemd counted it' 'u 1' kexec_count
  check_fails 'bob gets nothing' 'no .*session of that name' as_user bob luoctl retrieve vm1 7 -- true
  check 'alice has it back as it was' as_user alice luoctl retrieve vm1 ram -- memfd expect "${ram[@]}"
  is 'metadata travelled' 'ram' metadata role
  check 'she finishes' as_user alice luoctl finish vm1
  check 'others can have the device' luo hold after-luod 1:4096:1
}

metadata() { as_user alice luoctl show vm1 --json=short | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
