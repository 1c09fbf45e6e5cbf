# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Times across kernels, for benchmarks. By the host's clock, which tells when a file of the share was made: the next kernel takes
# the time of day from a clock of whole seconds. Microseconds all.

microseconds() { echo "${1/./}"; }

# By how much the host's clock is ahead of the guest's
clock_lead() {
  local here
  rm -f "$rig_out/now"
  here=$(microseconds "$EPOCHREALTIME")
  : >"$rig_out/now"
  echo $(($(microseconds "$(stat -c %.6Y "$rig_out/now")") - here))
}

# going WORD...: notes for the next boot what it is and when it began. What came before is not to be paid for by the sync on the way.
going() {
  sync
  echo "$* $(clock_lead) $(microseconds "$EPOCHREALTIME")" >"$rig_out/going"
}

# moment WHAT FIELD: of the last one of that kind in the last report
moment() { luoctl report --json=short | tr '{' '\n' | sed -n "s/.*\"what\":\"$1\".*\"$2\":\([0-9]*\).*/\1/p" | tail -n 1; }

kernel_began() {
  busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager KernelTimestamp |
    sed 's/^t //'
}

# gap_since LEFT LEAD: from that time of the old kernel, which the host's clock was so much ahead of, to this one's first instant
gap_since() { echo $(($(kernel_began) + $(clock_lead) - $1 - $2)); }

milliseconds() { awk "BEGIN { printf \"%.0f\", $1 / 1000 }"; }
