# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Updates that come to nothing, and guests that are not brought back at once: QEMU guests go on, and miss less than a second of
# their own time; the one whose QEMU is killed once it is saved loses nothing either.
# suites: -
# long: sid
# installs: qemu-system-x86
# timeout: 900

. /rig/guest/guests.sh

names=(one two)

boot_1() {
  wait_booted
  guest one 16M
  guest two 64M q35
  guests_booted
  guests_ready
  check 'a kernel is loaded' load_by_luod
  check 'a client that never gets ready' client lazy infinity
  by_a_deadline
  by_a_word
  with_a_saved_one_killed
  with_one_killed_before
  systemctl stop client-lazy
  until ! luoctl list-inhibitors --no-legend | grep -q '^lazy '; do sleep 0.1; done
  guests_ready
  mv "$guests_dir/guest.elf" "$guests_dir/away"
  crossing luoctl kexec --mode=direct
}

boot_2() {
  local name
  check 'one is not brought back while QEMU does not start' wait_journal luo-qemu@one 'was not brought back: .*The session is kept'
  mv "$guests_dir/away" "$guests_dir/guest.elf"
  wait_booted
  for name in "${names[@]}"; do
    check "$name is tried again until it is" wait_covered "$name"
    check 'by the service' test "$(systemctl show -P NRestarts "luo-qemu@$name")" -gt 0
  done
  guests_lived_on 1
}

# stuck: an update that waits for the lazy one, with both guests saved
stuck() {
  local name
  luoctl kexec --mode=direct --no-block
  for name in "${names[@]}"; do check "$name stands still" wait_guest "$name" 'stands still'; done
}

aborted() {
  local name
  check 'a word stops it' luoctl abort 'not today'
  for name in "${names[@]}"; do check "$name is ready for the next one" wait_covered "$name"; done
  for name in "${names[@]}"; do lived_on "$name"; done
}

# Its deadline is well below a second, and so is what the guests miss; but QEMU runs in QEMU here, and where the host is busy
# a guest waits for its turn: for each the best of five counts.
by_a_deadline() {
  local name kept=' '
  for _ in 1 2 3 4 5; do
    for name in "${names[@]}"; do guest_says "$name" g >/dev/null; done
    check_fails 'stopped by its deadline' lazy luoctl kexec --mode=direct --timeout=400ms
    for name in "${names[@]}"; do check "$name is ready for the next one" wait_covered "$name"; done
    for name in "${names[@]}"; do ! misses_less "$name" || kept+="$name "; done
    [[ $kept != *' one '* || $kept != *' two '* ]] || break
  done
  for name in "${names[@]}"; do check "$name stood still, and missed less than a second" grep -q " $name " <<<"$kept"; done
  for name in "${names[@]}"; do lived_on "$name"; done
}

# As the guest sees it, by its own clock and the host's.
misses_less() {
  local missed times
  missed=$(guest_says "$1" g)
  times=$(stood "$1")
  note "$1: $missed ms behind; by luo-qemu it went on after ${times:-(it was not stopped)}"
  [[ $times ]] && ((missed < 1000))
}

# stood NAME: for how long, the last time
stood() {
  journalctl --sync
  journalctl -b -o cat -u "luo-qemu@$1" | sed -n 's/.*it goes on after //p' | tail -n 1
}

# However long it takes until somebody says so.
by_a_word() {
  guests_ready
  stuck
  aborted
}

with_a_saved_one_killed() {
  guests_ready
  stuck
  kill -KILL "$(qemu_of one)"
  check 'luo-qemu says that nothing is lost' wait_guest one 'its QEMU has ended'
  aborted
}

with_one_killed_before() {
  local started qemu
  guests_ready
  started=$(guest_says one b)
  qemu=$(qemu_of one)
  kill -STOP "$qemu" # so that it is asked, and does not answer
  luoctl kexec --mode=direct --no-block
  check 'two stands still' wait_guest two 'stands still'
  check 'one was asked' wait_guest one 'being saved'
  kill -KILL "$qemu"
  until [[ $(luoctl status -P Phase) == idle ]]; do sleep 0.1; done
  check 'the update was aborted, and says why' report_says 'aborted: guest one: .*QEMU has ended'
  check 'two is ready for the next one' wait_covered two
  lived_on two
  check 'one is started anew, as after any crash' wait_covered one
  check 'and boots' wait_guest_booted one
  check_fails 'so it is another one' '' says "$started" guest_says one b
}
