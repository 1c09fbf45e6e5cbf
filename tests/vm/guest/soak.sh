# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Live updates in a row with random sessions, for scenarios: `soak_boots UPDATES SIZE KILLS` says what each boot does. The seed is
# a random one, or soak.seed=N of the kernel's command line (LUOD_VM_APPEND); it is said either way.

soak_seed() {
  [[ -s $rig_out/seed ]] || sed -n 's/.*soak\.seed=\([0-9]*\).*/\1/p' /proc/cmdline >"$rig_out/seed"
  [[ -s $rig_out/seed ]] || echo $((SRANDOM % 1000000)) >"$rig_out/seed"
  cat "$rig_out/seed"
}

# What of luod must not grow, where it holds no session: fds, memory, what is written in its ledger, and reports of updates.
luod_measured() {
  local pid fd
  pid=$(systemctl show -P MainPID luod)
  set -- /proc/"$pid"/fd/*
  for fd; do
    [[ $(readlink "$fd") != '/memfd:luod-ledger'* ]] || break
  done
  echo "$# $(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/"$pid"/status)" \
    "$(($(stat -L -c '%b * 512 / 1024' "$fd")))" "$(stat -c %s /var/lib/luod/history 2>/dev/null || echo 0)"
}

soak_goes_over() {
  local mode=direct
  if (($(systemd_version) >= systemd_that_carries)) && (((boot + $(soak_seed)) % 7 == 0)); then mode=systemd; fi
  echo "$mode" >"$rig_out/mode"
  load_by_luod >/dev/null
  crossing luoctl kexec --mode="$mode"
}

soak_boot() {
  local updates=$1 size=$2 kills=$3 came='' filled
  allow_alice
  ((boot > 1)) || note "seed $(soak_seed)"
  if ((boot > 1)); then
    is "update $((boot - 1)) is known" "done $((boot - 1))" handover
    came=$(soak verify "$(soak_seed)" $((boot - 1)) "$kills" "$size" 2>&1) || { fail "boot $boot: $came" && power_off; }
    pass "boot $boot, by $(<"$rig_out/mode"): $came"
    is 'and there is nothing else' '' list_words
    # a luod that has only just come up, as in every other boot
    systemctl restart luod
    read -r fds memory ledger history < <(luod_measured)
    row "$((boot - 1)) $(<"$rig_out/mode") $fds $memory $ledger $history $came"
    # the first of a kind is what the others are measured by
    [[ -s $rig_out/first ]] || echo "$fds $memory $ledger $history" >"$rig_out/first"
    check 'luod has not grown' not_grown "$fds" "$memory" "$ledger" "$history"
  fi
  ((boot <= updates)) || return 0
  filled=$(soak fill "$(soak_seed)" "$boot" "$kills" "$size" 2>&1) || { fail "boot $boot: $filled" && power_off; }
  note "boot $boot, filled: $filled"
  soak_goes_over
}

# By a fd, a tenth of the memory beside the reports (of which it keeps twenty), or a quarter of the ledger, which has more pages
# after a lively boot than after a quiet one
not_grown() {
  local fds memory ledger history
  read -r fds memory ledger history <"$rig_out/first"
  echo "fds $fds, $memory KiB of memory, $ledger KiB of ledger, $history B of reports after the first update; now $*"
  (($1 <= fds && $2 <= memory + memory / 10 + ($4 - history) / 1024 && $3 <= ledger + ledger / 4))
}

soak_boots() {
  local i
  for ((i = 1; i <= $1 + 1; i++)); do eval "boot_$i() { soak_boot $1 $2 $3; }"; done
}
