# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A freeze that is refused in reboot() itself, when everybody has got ready: the update comes back, clients are told to go
# on, the kernel stays loaded, and the next attempt goes over.
# suites: -
# long: sid

knob=/sys/module/luo_test/parameters

boot_1() {
  wait_booted
  luoctl create device
  exec 7<>/dev/luo-test
  echo 4711 >&7
  check 'a file that can refuse' luoctl preserve --fd 7 device 1
  check_fails 'what is no kernel is not loaded' 'not a kernel' luoctl load /etc/os-release
  check 'a kernel is loaded' load_by_luod
  check 'a client' client vmm 0
  busctl monitor --match 'type=signal,member=PrepareForLiveUpdate' >/run/heard &
  echo 16 >$knob/freeze
  check_fails 'what nobody can judge stops it' 'handler-versions' luoctl kexec --mode=direct
  check_fails 'the freeze is refused' 'cannot be frozen' luoctl kexec --mode=direct --force=handler-versions
  until grep -q aborted /run/heard; do sleep 0.1; done
  pass 'clients are told'
  is 'nothing is under way' idle luoctl status -P Phase
  is 'the session is as it was' 'device outgoing active 1' list_words
  is 'the kernel is still loaded' 1 cat /sys/kernel/kexec_loaded
  check 'the record on disk is gone' test ! -e /var/lib/luod/handover
  echo 0 >$knob/freeze
  crossing luoctl kexec --mode=direct --force=handler-versions
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  # shellcheck disable=SC2016
  is 'the number came over' 4711 luoctl retrieve --by-luod device 1 -- bash -c 'read -r number <&3 && echo "$number"'
  check 'finish' luoctl finish device
}
