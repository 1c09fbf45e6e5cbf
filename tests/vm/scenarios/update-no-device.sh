# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The next kernel is told nothing of live updates: the check says so, and where it is not heeded the next boot does.
# suites: -
# long: sid

boot_1() {
  wait_booted
  check 'a session' luoctl create vm1
  check 'with a file' memfd make 4096 42 0 none luoctl preserve --by-luod --fd 3 vm1 7
  check 'a kernel is loaded, with a command line that luod must leave alone' \
    luoctl load "/boot/vmlinuz-$(uname -r)" --keep-cmdline --cmdline "$(sed 's/liveupdate=on//' /proc/cmdline)"
  exits 'the check sees it' 12 'command-line.*no liveupdate=on' luoctl check --mode=direct
  exits 'and stops an update' 12 'command-line: no liveupdate=on' luoctl kexec --mode=direct
  is 'nothing was lost by that' 'vm1 outgoing active 1' list_words
  crossing luoctl kexec --mode=direct --force=command-line
}

boot_2() {
  wait_booted
  check_fails 'there is no device' '' test -e /dev/liveupdate
  is 'the verdict' 'no-device 0' handover
  exits 'is-restored says so' 23 no-device luoctl is-restored
  check 'administrators can hook it' systemctl is-active liveupdate-lost.target
}
