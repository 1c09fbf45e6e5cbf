# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# How long luod takes from its exec until every session can be claimed, and what it then keeps resident: with 1,000 sessions
# and 10,000 files, after a restart and after a kexec.
# timeout: 600
# memory: 3G

since_exec() {
  local exec ready
  exec=$(systemctl show -P ExecMainStartTimestampMonotonic luod)
  ready=$(systemctl show -P ActiveEnterTimestampMonotonic luod)
  echo $(((ready - exec) / 1000)) ms
}
resident() { sed -n 's/^VmRSS:[[:space:]]*//p' "/proc/$(systemctl show -P MainPID luod)/status"; }
say_how() { row "$1: $(since_exec) from exec to ready, $(resident) resident, $(luoctl status -P Sessions) sessions, $(luoctl status -P Files) files"; }

boot_1() {
  wait_booted
  systemctl restart luod
  say_how 'nothing held'
  mkdir -p /run/luod/luod.conf.d
  printf '[Sessions]\nMaxSessions=5000\n' >/run/luod/luod.conf.d/bench.conf
  load fill 1000 10 4096
  say_how 'just filled (start: of an empty one)'
  systemctl restart luod
  say_how 'restarted'
  pass 'measured'
  kexec_direct
}

boot_2() {
  wait_booted
  say_how 'after a direct kexec'
  check 'all came back' load verify 1000 10 4096
  pass 'measured'
}
