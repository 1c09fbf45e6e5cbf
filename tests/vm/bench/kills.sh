# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# luod is killed (-9) 200 times under systemd, at random moments of its clients' lives: while they create, preserve, borrow, take
# out and discard, and in the next kernel while they retrieve, compare and finish. A row each: what was done, kills, losses.
# LUOD_VM_APPEND=soak.seed=N repeats one.
# timeout: 3600

. /rig/guest/soak.sh

many=1000000 # a round that no life has

# step WHAT WORD...: soak with these words; what it says is a row
step() {
  local what=$1 said
  shift
  said=$(soak "$@" 2>&1) || { row "$what: LOST: $said" && fail "$said" && power_off; }
  row "$what: $said; nothing lost"
  sed -n 's/.* \([0-9]*\) kills,.*/\1/p' <<<"$said" >>"$rig_out/kills"
}

killed() { awk '{ n += $1 } END { print n }' "$rig_out/kills"; }

boot_1() {
  allow_alice
  row "seed $(soak_seed)"
  step 'filled, looked for, discarded' lives "$(soak_seed)" 100 small
  step 'filled' fill "$(soak_seed)" $many 40 large
  kexec_direct
}

boot_2() {
  wait_booted
  is 'the sessions came over' 'done 1' handover
  step 'retrieved, compared, finished' verify "$(soak_seed)" $many 50 large
  step 'filled, looked for, discarded' lives $(($(soak_seed) + 1)) $((200 - $(killed))) small
  is 'killed' 200 killed
  row "$(killed) kills, nothing lost"
}
