# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Two kexecs in a row: what came over once is finished, preserved again, and comes over again; what was not finished is
# shown as lost, not forgotten.
# on demand: trixie bookworm

ram=(1048576 42 4096 shrink,grow)
mode=systemd
(($(systemd_version) >= systemd_that_carries)) || mode=direct

boot_1() {
  wait_booted
  luoctl create again
  luoctl create idle
  check 'preserve' memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 again 1
  kexec_direct
}

boot_2() {
  wait_booted
  check 'first time' luoctl retrieve --by-luod again 1 -- memfd expect "${ram[@]}"
  check 'a new session of the same name beside the incoming one' luoctl create again
  check 'finish the incoming one' luoctl finish again --incoming
  check 'preserve again' memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --outgoing again 1
  check 'a kernel is loaded' load_by_luod
  check_fails 'the one that nobody finished stops an update' incoming-sessions luoctl kexec --mode="$mode"
  crossing luoctl kexec --mode="$mode" --force=incoming-sessions
}

boot_3() {
  wait_booted
  is 'two live updates' 'done 2' handover
  check 'second time' luoctl retrieve --by-luod again 1 -- memfd expect "${ram[@]}"
  check 'the one that nobody finished is shown as lost' grep -q 'idle incoming lost' <(list_words)
}
