# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Three QEMU guests of different size live through two updates in a row led by luod straight out of the running machine; the
# third is brought back by hand, after somebody has looked at what it was when it stopped.
# suites: -
# long: sid
# installs: qemu-system-x86
# timeout: 900

. /rig/guest/guests.sh

boot_1() {
  wait_booted
  three_guests
  systemctl disable -q luo-qemu@large
  go_direct
}

boot_2() {
  wait_booted
  look_at_large
  guests_lived_on 1
  go_direct
}

boot_3() {
  wait_booted
  look_at_large
  guests_lived_on 2
}

go_direct() {
  guests_ready
  check 'a kernel is loaded' load_by_luod
  crossing luoctl kexec --mode=direct
}

# Nothing has run since it was saved: its counter is where it will go on, and its memory where it was.
look_at_large() {
  local started sum rest counter stopped
  read -r started sum rest <"$rig_out/guest-large"
  counter=${rest##* }
  stopped=$(luoctl retrieve large memory.ram -- inner counter)
  check 'large: its counter is where it stopped' at_least "$counter" "$stopped"
  is 'large: its memory is what it was before' "$sum" luoctl retrieve large memory.ram -- inner sum "$filled"
  check 'large: it is started by hand' systemctl start luo-qemu@large
  check 'large: its counter goes on from where it stopped' at_least "$stopped" "$(guest_says large c)"
}

at_least() {
  echo "$1 before, $2 now"
  (($2 >= $1))
}
