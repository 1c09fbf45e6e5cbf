# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# From the last client's ready to luod leaving, with 1, 20 and 200 clients that get ready as soon as they are asked; directly.
#   ready-left    from luod's seeing it
#   closed-left   from before that client closes its lock, another one's write to the host's share included
# timeout: 600

# moment WHAT FIELD: of the last one of that kind in the last report
moment() { luoctl report --json=short | tr '{' '\n' | sed -n "s/.*\"what\":\"$1\".*\"$2\":\([0-9]*\).*/\1/p" | tail -n 1; }

led() {
  load fill 1 1 4096
  load_by_luod >/dev/null
  echo "$1" >"$rig_out/clients"
  load clients "$1" >"$rig_out/closed" &
  until (($(luoctl list-inhibitors --no-legend | wc -l) == $1)); do sleep 0.1; done
  sync
  crossing luoctl kexec --mode=direct
}

arrived() {
  wait_booted
  is 'the handover was one' 'done' luoctl status -P LastHandover
  row "$(awk "BEGIN { printf \"%7d clients   ready-left %6.1f ms   closed-left %6.1f ms\", $(<"$rig_out/clients"),
    ($(moment left time) - $(moment ready time)) / 1000, ($(moment left monotonic) - $(<"$rig_out/closed")) / 1000 }")"
  check 'it came back' load verify 1 1 4096
}

boot_1() { wait_booted && led 1; }
boot_2() { arrived && led 20; }
boot_3() { arrived && led 200; }
boot_4() { arrived; }
