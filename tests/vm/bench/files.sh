# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What a file costs through luod, beside the raw ioctl, in one run: wall time and processor time (the caller's and luod's
# together) per file of 4 KiB, preserved and retrieved, one by one, in batches of 16, on the borrowed session descriptor.
# timeout: 900
# memory: 4G

ways=(raw one batch borrow)
counts=(10 1000 10000)

# microseconds of processor that luod has used
luod_cpu() { sed -n 's/^usage_usec //p' /sys/fs/cgroup/system.slice/luod.service/cpu.stat; }
luod_resident() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(systemctl show -P MainPID luod)/status"; }

# measure VERB WAY COUNT: "VERB WAY COUNT wall cpu" in microseconds a file
measure() {
  local before after line
  before=$(luod_cpu)
  line=$(load "$1" "$2" "$3") || { fail "$1 $2 $3: $line" && return; }
  after=$(luod_cpu)
  # shellcheck disable=SC2086
  set -- $line
  row "$(printf '%-9s %-7s %6d %10.1f %10.1f' "$1" "$2" "$3" "$4" "$(awk "BEGIN{print $5 + ($after - $before) / $3}")")"
}

heading() { row "$(printf '%-9s %-7s %6s %10s %10s' what way files wall-us/f cpu-us/f)"; }

boot_1() {
  ulimit -n 65536
  wait_booted
  heading
  # the system bus lets nobody call a nameless server without this
  cat >/etc/dbus-1/system.d/bench.conf <<-END
	<busconfig><policy context="default"><allow send_interface="org.luod1.Bench"/></policy></busconfig>
	END
  busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
  row "$(load carry 500 | awk '{printf "%-9s %-7s %6d %10.1f", "bare call", "one fd", $3, $4}')"
  for count in "${counts[@]}"; do
    for way in "${ways[@]}"; do measure preserve "$way" "$count"; done
    row "# luod resident with $(luoctl status -P Sessions) sessions, $(luoctl status -P Files) files: $(luod_resident) kB"
  done
  pass 'measured'
  kexec_direct
}

boot_2() {
  ulimit -n 65536
  wait_booted
  for count in "${counts[@]}"; do
    for way in "${ways[@]}"; do measure retrieve "$way" "$count"; done
  done
  row "# luod resident after that: $(luod_resident) kB"
  pass 'measured'
}
