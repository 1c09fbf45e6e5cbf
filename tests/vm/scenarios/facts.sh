# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the simulator is held against: luo-facts prints on this kernel what tests/simulator/facts has on record of it.

boot_1() {
  wait_booted
  systemctl stop luod # it has a session of its own, and its rule changes the device's mode
  chmod 600 /dev/liveupdate
  luo-facts before >"$rig_out/facts"
  kexec_direct
}

boot_2() {
  wait_booted
  systemctl stop luod
  chmod 600 /dev/liveupdate
  luo-facts after >>"$rig_out/facts"
  check 'at least 100 facts' test "$(grep -c ': ' "$rig_out/facts")" -ge 100
  check 'as recorded' diff /rig/facts/linux-7.3.facts <(grep ': ' "$rig_out/facts")
}
