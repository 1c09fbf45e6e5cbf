# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The other side of modules: what systemd 261 and later do where nothing loads a handler's module before they open the
# device. luod-modules.service comes too late for them, and the check has said so.
# suites: -
# long: sid

boot_1() {
  wait_booted
  install_late_handler
  mask_generator
  luoctl create device
  check 'a file of a handler in a module' luoctl preserve --fd 7 device 1 7<>/dev/luo-late
  check 'a kernel is loaded' load_by_luod
  exits 'the check sees what will happen' 12 'module-loading +error .*luo_late' luoctl check --mode=direct
  exits 'and stops an update' 12 'module-loading: ' luoctl kexec --mode=direct --force=handler-versions
  crossing luoctl kexec --mode=direct --force=handler-versions,module-loading
}

boot_2() {
  wait_booted
  check 'the module is loaded' test -e /dev/luo-late
  is 'and was too late' 'unreadable 0' handover
}
