# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The kernel's own live update selftests, all over one direct kexec.

boot_1() {
  check 'liveupdate' /rig/selftests/liveupdate
  for test in $(two_staged); do
    check "$test, stage 1" "/rig/selftests/$test" -s 1
  done
  kexec_direct
}

two_staged() { cd /rig/selftests && echo luo_*; }

boot_2() {
  for test in $(two_staged); do
    check "$test, stage 2" "/rig/selftests/$test" -s 2
  done
}
