# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# How long a machine is away in a live update, by both modes, with 1 and with 1,000 sessions of one small memfd each, beside a
# kexec of the same machine without luod.
#   ready-left   from the last client's ready until luod leaves
#   gap          from there (without luod: from the command) until the next kernel's first instant
#   left-luod    from luod's leaving until it is ready again
# timeout: 1800
# memory: 3G

. /rig/guest/measure.sh

# tell HOW MODE SESSIONS READY-LEFT GAP LEFT-LUOD: in microseconds, or -
tell() {
  local columns=("${@:1:3}") time
  for time in "${@:4}"; do
    [[ $time == - ]] || time=$(awk "BEGIN { printf \"%.1f\", $time / 1000 }")
    columns+=("$time")
  done
  row "$(printf '%-12s %-8s %8s %14s %10s %13s' "${columns[@]}")"
}

heading() { row "$(printf '%-12s %-8s %8s %14s %10s %13s' how mode sessions ready-left-ms gap-ms left-luod-ms)"; }

# ---- going

# As luod would in direct mode, file systems are synced.
without_luod() {
  systemctl mask -q --runtime --now luod-gate luod
  load_kernel
  leaving
  going without "$1" 0
  if [[ $1 == systemd ]]; then systemctl kexec; else sync && luo reboot kexec; fi
  until_stopped
}

led() {
  load fill "$2" 1 4096
  load_by_luod >/dev/null
  client vmm 0
  going led "$1" "$2"
  crossing luoctl kexec --mode="$1"
}

# ---- coming back

# The last reading of the old kernel, put on the host's clock, and the first of the new one's.
arrived() {
  local how mode sessions lead left gap
  wait_booted
  read -r how mode sessions lead left <"$rig_out/going"
  [[ $how == without ]] || left=$(moment left wall)
  gap=$(gap_since "$left" "$lead")
  if [[ $how == without ]]; then
    tell "$how" "$mode" - - "$gap" -
    return
  fi
  is 'the handover was one' 'done' luoctl status -P LastHandover
  tell "$how" "$mode" "$sessions" $(($(moment left time) - $(moment ready time))) "$gap" $((gap + $(moment luod monotonic)))
  check 'all came back' load verify "$sessions" 1 4096
}

boot_1() {
  wait_booted
  heading
  without_luod direct
}
boot_2() { arrived && led direct 1; }
boot_3() { arrived && led direct 1000; }
boot_4() { arrived && without_luod systemd; }
boot_5() { arrived && led systemd 1; }
boot_6() { arrived && led systemd 1000; }
boot_7() { arrived; }
