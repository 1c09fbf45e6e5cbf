# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Three QEMU guests of different size live through `systemctl kexec`, typed by somebody who never heard of luod, and through the
# next one as well.
# installs: qemu-system-x86
# timeout: 900

. /rig/guest/guests.sh

boot_1() {
  wait_booted
  three_guests
  guests_ready
  kexec_systemd
}

boot_2() {
  wait_booted
  guests_lived_on 1
  guests_ready
  kexec_systemd
}

boot_3() {
  wait_booted
  guests_lived_on 2
  note 'For how long each guest stood still, and with what:'
  sed -n '/^PAUSED/,$s/^/#   /p' "$rig_out/report-2" >>"$rig_out/tap"
}
