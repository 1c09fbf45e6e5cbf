# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# luod is killed with -9 after each step of the main job; systemd starts it again and nothing is missing.
# long: trixie bookworm

ram=(67108864 42 4096 shrink,grow)

kill_luod() {
  local before
  before=$(systemctl show -P NRestarts luod)
  systemctl kill --kill-whom=main -s KILL luod
  busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus GetId >/dev/null
  until (("$(systemctl show -P NRestarts luod)" > before)) && systemctl is-active -q luod; do
    systemctl start luod || :
  done
}

boot_1() {
  allow_alice
  kill_luod
  check 'a session' as_user alice luoctl create vm1
  kill_luod
  is 'is there after a kill' 'vm1 outgoing active 0' list_words
  check 'a file' as_user alice memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  kill_luod
  is 'is there after a kill' 'vm1 outgoing active 1' list_words
  check 'an annotation' as_user alice luoctl annotate vm1 7 --metadata role=ram
  kill_luod
  check 'is there after a kill' grep -q role <(as_user alice luoctl show vm1 --json=short)
  check 'a loan' as_user alice luoctl preserve vm1 other /etc/hostname
  kill_luod
  is 'is there after a kill' 'vm1 outgoing active 2' list_words
  systemctl kill --kill-whom=main -s KILL luod
  kexec_direct
}

boot_2() {
  wait_booted
  is 'it came over' 'vm1 incoming active 2' list_words
  kill_luod
  is 'and stays after a kill' 'vm1 incoming active 2' list_words
  check 'the file is as it was' as_user alice luoctl retrieve --by-luod vm1 ram -- memfd expect "${ram[@]}"
  kill_luod
  check 'it can be had again' as_user alice luoctl retrieve --by-luod vm1 ram -- memfd expect "${ram[@]}"
  check 'the loan, too' test "$(as_user alice luoctl retrieve vm1 other)" = "$(cat /etc/hostname)"
  check 'finish' as_user alice luoctl finish vm1
  kill_luod
  is 'is remembered after a kill' '' list_words
}
