# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# For how long guests of three sizes stand still in a live update, and with what, beside a kexec of the same machine without luod
# and a service that begins as early as luo-qemu@.service could.
#   save     from the guest's stop until its devices' state is in the session: QEMU and luo-qemu
#   leave    from there until luod leaves
#   gap      from there (without luod: from the command) until the next kernel's first instant
#   boot     until luo-qemu, with everything retrieved, is about to start QEMU (without luod: until that service begins)
#   qemu     until QEMU answers
#   load     until the guest runs
#   added    of it all, what is not in the row without luod of that mode, in percent of that row
# installs: qemu-system-x86
# timeout: 3000
# memory: 6G

. /rig/guest/measure.sh
. /rig/guest/guests.sh

columns='%-8s %-9s %6s %6s %6s %6s %6s %6s %7s %6s'

# tell MODE GUEST TIME...: the six parts, or -
tell() {
  local words=("$1" "$2") all=0 time added=-
  for time in "${@:3}"; do
    [[ $time == - ]] && words+=(-) && continue
    all=$((all + time))
    words+=("$(milliseconds "$time")")
  done
  if [[ $2 == without ]]; then
    echo "$all" >"$rig_out/without-$1"
  else
    added=$(awk "BEGIN { printf \"%.0f%%\", ($all / $(<"$rig_out/without-$1") - 1) * 100 }")
  fi
  # shellcheck disable=SC2059
  row "$(printf "$columns" "${words[@]}" "$(milliseconds "$all")" "$added")"
}

# ---- without luod

of_luod=(luod-gate luod-verdict luod-modules luod)

boot_1() {
  wait_booted
  # shellcheck disable=SC2059
  row "$(printf "$columns" mode guest save leave gap boot qemu load pause-ms added)"
  unit witness.service <<-'END'
	[Unit]
	After=dbus.service network.target
	[Service]
	Type=exec
	ExecStart=/bin/sleep infinity
	[Install]
	WantedBy=multi-user.target
	END
  systemctl enable -q witness
  without_luod direct
}

without_luod() {
  systemctl mask -q --now "${of_luod[@]}"
  load_kernel
  leaving
  going "$1" without
  if [[ $1 == systemd ]]; then systemctl kexec; else sync && luo reboot kexec; fi
  until_stopped
}

came_without() {
  local mode what lead left
  wait_booted
  read -r mode what lead left <"$rig_out/going"
  tell "$mode" "$what" - - "$(gap_since "$left" "$lead")" "$(systemctl show -P ExecMainStartTimestampMonotonic witness)" - -
  systemctl unmask -q "${of_luod[@]}"
  systemctl disable -q --now witness
  systemctl start luod luod-gate
  pass "a kexec without luod: $mode"
}

# ---- led by luod

# led MODE SIZE
led() {
  guest vm "$2"
  systemctl enable -q --now luo-qemu@vm
  wait_guest_booted vm
  wait_covered vm
  load_by_luod >/dev/null
  going "$1" "$2"
  crossing luoctl kexec --mode="$1"
}

# noted STEP: on the clock of its kernel
noted() { luoctl report --json=short | sed -n "s/.*[\" ]$1 \([0-9]*\) [0-9]*[;\"].*/\1/p"; }

came_back() {
  local mode size lead left
  wait_booted
  wait_covered vm
  read -r mode size lead left <"$rig_out/going"
  is "$mode, $size: the handover was one" 'done' luoctl status -P LastHandover
  left=$(moment left monotonic)
  tell "$mode" "$size" $(($(noted preserved) - $(noted stopped))) $((left - $(noted preserved))) \
    "$(gap_since "$(moment left wall)" "$lead")" "$(noted starting)" $(($(noted started) - $(noted starting))) \
    $(($(noted running) - $(noted started)))
  luoctl report >"$rig_out/report-$mode-$size"
  systemctl disable -q --now luo-qemu@vm
  rm /run/vm.said
}

boot_2() { came_without && led direct 64M; }
boot_3() { came_back && led direct 512M; }
boot_4() { came_back && led direct 2G; }
boot_5() { came_back && without_luod_again; }
boot_6() { came_without && led systemd 512M; }
boot_7() { came_back; }

without_luod_again() {
  systemctl enable -q witness
  without_luod systemd
}
