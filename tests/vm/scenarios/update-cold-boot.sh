# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The machine was about to go over, and was reset instead: the next boot says so.
# suites: -
# long: sid
# reboots: yes

ram=(4096 42 0 none)

boot_1() {
  allow_alice
  check 'alice has something' as_user alice luoctl create vm1
  check 'worth keeping' as_user alice memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  check 'a kernel is loaded' load_by_luod
  check 'a client that needs its time' client lazy infinity
  luoctl kexec --mode=direct --no-block
  until [[ $(luoctl status -P Phase) == preparing && -s /var/lib/luod/handover ]]; do :; done
  reboot_cold
}

boot_2() {
  wait_booted
  is 'the verdict' 'cold-boot' luoctl status -P LastHandover
  check_fails 'is-restored says so' 'cold-boot' luoctl is-restored
  check 'administrators can hook it' systemctl is-active liveupdate-lost.target
}
