# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The rig itself: a memfd in a session that only a process holds, and a direct reboot(KEXEC).
# suites: -
# long: sid
# on demand: trixie bookworm

contents=(1:4096:11 2:1048576:12)

declare -A systemds=([sid]=262 [trixie]=257 [bookworm]=252)

boot_1() {
  is 'systemd is the one we want' "${systemds[$suite]}" systemd_version
  check 'the kernel has live update' test -c /dev/liveupdate
  check 'a session takes memfds' luo hold rig-direct "${contents[@]}"
  check 'kexec_file_load' load_kernel
  kexec_direct
}

boot_2() {
  check 'the session and the content of its memfds are there' luo check rig-direct "${contents[@]}"
  check_fails 'a finished session is gone' ENOENT luo check rig-direct
  check_fails 'an unknown session is told from it' ENOENT luo check rig-never
}
