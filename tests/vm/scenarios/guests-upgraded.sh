# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Debian's QEMU is upgraded under running QEMU guests, and the next kernel brings them back with the new one, as the machines
# that they are.
# suites: -
# long: trixie
# installs: qemu-system-x86
# later: trixie-backports
# timeout: 600

. /rig/guest/guests.sh

names=(old q35)

boot_1() {
  wait_booted
  guest old 16M
  guest q35 64M q35
  guests_booted
  guests_ready
  installed >"$rig_out/before"
  check 'QEMU is upgraded' dpkg --install --recursive /later
  check 'a kernel is loaded' load_by_luod
  crossing luoctl kexec --mode=direct
}

boot_2() {
  wait_booted
  guests_lived_on 1
  note "from $(cat "$rig_out/before") to $(installed)"
  check 'another QEMU runs them' test "$(cat "$rig_out/before")" != "$(installed)"
  check 'as the machine of the one before' runs_as old "pc-i440fx-$(before)"
  check 'and on q35, too' runs_as q35 "pc-q35-$(before)"
}

installed() { qemu-system-x86_64 --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p'; }
# "10.0" of "10.0.13"
before() { sed 's/\.[^.]*$//' "$rig_out/before"; }

runs_as() {
  tr '\0' ' ' <"/proc/$(qemu_of "$1")/cmdline"
  tr '\0' '\n' <"/proc/$(qemu_of "$1")/cmdline" | grep -xF -e "$2"
}
