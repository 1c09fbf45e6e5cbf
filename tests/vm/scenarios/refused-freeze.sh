# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A file whose handler refuses to freeze stops the kexec, and nothing is lost: it can be tried again.
# suites: -
# long: sid

knob=/sys/module/luo_test/parameters

boot_1() {
  wait_booted
  luoctl create device
  exec 7<>/dev/luo-test
  echo 4711 >&7
  echo 12 >$knob/preserve
  check_fails 'a handler may refuse to preserve' '[Cc]annot allocate memory|[Oo]ut of memory' luoctl preserve --fd 7 device 1
  echo 0 >$knob/preserve
  check 'its file is preserved' luoctl preserve --fd 7 device 1
  check 'and a memfd beside it' memfd make 65536 3 0 none luoctl preserve --by-luod --fd 3 device 2
  load_kernel
  echo 16 >$knob/freeze
  check_fails 'it refuses to freeze, and with that the kexec' EBUSY luo reboot kexec
  is 'the session is as it was' 'device outgoing active 2' list_words
  check 'the kernel takes files as before' memfd make 65536 4 0 none luoctl preserve --by-luod --fd 3 device 3
  echo 0 >$knob/freeze
  kexec_direct
}

boot_2() {
  wait_booted
  # shellcheck disable=SC2016
  is 'the number came over' 4711 luoctl retrieve --by-luod device 1 -- bash -c 'read -r number <&3 && echo "$number"'
  check 'and the memfds' luoctl retrieve --by-luod device 3 -- memfd expect 65536 4 0 none
  echo N >$knob/finish
  check_fails 'a handler may refuse to finish' 'cannot be finished yet' luoctl finish device
  is 'the session is still there' 'device incoming active 3' list_words
  echo Y >$knob/finish
  check 'finish' luoctl finish device
}
