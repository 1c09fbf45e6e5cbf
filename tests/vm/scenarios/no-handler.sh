# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The next kernel has no handler for a file that was handed over: all sessions are lost for that boot, and luod says why.
# suites: -
# long: sid

boot_1() {
  wait_booted
  luoctl create device
  check 'a file of a handler that the next kernel lacks' luoctl preserve --fd 7 device 1 7<>/dev/luo-test
  load_kernel luo_test.handler=N
  kexec_direct
}

boot_2() {
  wait_booted
  check_fails 'the device cannot be opened' EIO luo check anything
  check 'luod runs all the same' systemctl is-active luod
  is 'and says what became of the handover' 'unreadable 0' handover
}
