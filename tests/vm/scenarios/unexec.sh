# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Why luod refuses memfds with F_SEAL_EXEC: the next kernel gives them back sealed against writing.
# suites: -
# long: sid

boot_1() {
  wait_booted
  memfd make 4096 1 0 exec luo hold-fd sealed-exec 1 3
  kexec_direct
}

boot_2() {
  wait_booted
  check_fails 'it comes back with more seals than it had' 'has seals (62|63)' luo with-fd sealed-exec 1 memfd expect 4096 1 0 exec
}
