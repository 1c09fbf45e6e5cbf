# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Sessions that nobody claims are carried forward, from update to update, under the same tokens.
# suites: sid

ram=(67108864 42 4096 shrink,grow)

policy() {
  mkdir -p /run/luod/luod.conf.d
  printf '[Update]\nUnclaimed=carry\n' >/run/luod/luod.conf.d/carry.conf
  systemctl reload luod
}

boot_1() {
  allow_alice
  check 'alice has something' as_user alice luoctl create vm1
  check 'worth keeping' as_user alice memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  policy
  check 'a kernel is loaded' load_by_luod
  crossing luoctl kexec --mode=direct
}

boot_2() {
  wait_booted
  is 'it came over' 'vm1 incoming active 1' list_words
  check 'a kernel is loaded' load_by_luod
  check_fails 'a session nobody finished stops the next update' 'incoming-sessions' luoctl kexec --mode=direct
  policy
  crossing luoctl kexec --mode=direct
}

boot_3() {
  wait_booted
  is 'twice' 'done 2' handover
  check 'alice has it back as it was' as_user alice luoctl retrieve vm1 ram -- memfd expect "${ram[@]}"
  check 'she finishes' as_user alice luoctl finish vm1
}
