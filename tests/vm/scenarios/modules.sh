# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A file whose handler is a module comes over, since the module is loaded before anybody opens the device: by
# luod-modules.service where luod is the first to do so, else by luod-modules-generator, before PID 1 does.
# suites: -
# long: sid trixie

systemd_opens_since=261
service_does_it() { (($(systemd_version) < systemd_opens_since)); }

boot_1() {
  wait_booted
  install_late_handler
  # where the generator is not needed it must not be what did it
  if service_does_it; then mask_generator; fi
  luoctl create device
  exec 7<>/dev/luo-late
  echo 4711 >&7
  check 'a file of a handler in a module' luoctl preserve --fd 7 device 1
  check 'a memfd beside it' memfd make 65536 3 0 none luoctl preserve --by-luod --fd 3 device 2
  check 'a kernel is loaded' load_by_luod
  exits 'the check has found the module' 13 'handler-modules +ok +luo_late' luoctl check --mode=direct
  exits 'and that it comes early enough' 13 'module-loading +ok +luo_late' luoctl check --mode=direct
  crossing luoctl kexec --mode=direct --force=handler-versions
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  if service_does_it; then
    check 'the service ran' systemctl is-active luod-modules
  else
    check_fails 'nothing was left to the service' '' systemctl is-active luod-modules
  fi
  # shellcheck disable=SC2016
  is 'the number came over' 4711 luoctl retrieve --by-luod device 1 -- bash -c 'read -r number <&3 && echo "$number"'
  check 'and the memfd' luoctl retrieve --by-luod device 2 -- memfd expect 65536 3 0 none
  check 'finish' luoctl finish device
  is 'nothing failed' running systemctl is-system-running
}
