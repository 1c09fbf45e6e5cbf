# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# As in no-handler, but led by luod: its check cannot tell whether the next kernel has a handler that it has never heard
# of. Somebody who goes over all the same is told what became of it.
# suites: -
# long: sid

boot_1() {
  wait_booted
  check 'a session' luoctl create device
  check 'a file of a handler that the next kernel lacks' luoctl preserve --fd 7 device 1 7<>/dev/luo-test
  check 'and one that it has' memfd make 4096 42 0 none luoctl preserve --by-luod --fd 3 device 2
  check 'a kernel is loaded' load_by_luod luo_test.handler=N
  exits 'what is not known stops an update' 12 'handler-versions: .*--force=handler-versions' luoctl kexec --mode=direct
  crossing luoctl kexec --mode=direct --force=handler-versions
}

boot_2() {
  wait_booted
  check_fails 'the device cannot be opened' EIO luo check anything
  is 'the verdict' 'unreadable 0' handover
  exits 'is-restored says so' 21 unreadable luoctl is-restored
  check 'administrators can hook it' systemctl is-active liveupdate-lost.target
  check 'the report says so' report_says unreadable
}
