# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The main job: 64 MiB of known content, handed over by an unprivileged user, come back to that user after a kexec without
# systemd's shutdown, the fd store lost: content, size, position and seals. To nobody else.
# long: trixie bookworm

ram=(67108864 42 4096 shrink,grow)
lent=(67108864 43 0 none)

# What systemd found wrong with the unit, without keys' names: the older, the more there are that it does not know
complaints() { journalctl -b -o cat -t systemd | sed -n 's/.*luod\.service:[0-9]*: \([^ ]* [^ ]*\).*/\1/p' | sort -u; }

boot_1() {
  allow_alice
  is 'systemd understands the unit' "$([[ $suite != bookworm ]] || echo 'Unknown key')" complaints
  check 'alice makes a session' as_user alice luoctl create vm1
  check 'luod preserves a memfd of hers' as_user alice memfd make "${ram[@]}" \
    luoctl preserve --by-luod --fd 3 --name ram vm1 7
  check 'she preserves one herself' as_user alice memfd make "${lent[@]}" luoctl preserve --fd 3 --metadata role=state vm1 state
  check_fails 'bob does not learn of it' 'no .*session of that name' as_user bob luoctl show vm1
  check_fails 'bob cannot find the object' 'UnknownObject|Unknown object' as_user bob busctl get-property org.luod1 \
    /org/luod1/session/1 org.luod1.Session Name
  is 'it is listed' 'vm1 outgoing active 2' list_words
  kexec_direct
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  is 'the session is incoming' 'vm1 incoming active 2' list_words
  check_fails 'bob gets nothing' 'no .*session of that name' as_user bob luoctl retrieve vm1 7 -- true
  check_fails 'nor by the object' 'UnknownObject|Unknown object' as_user bob busctl call org.luod1 \
    /org/luod1/session/1 org.luod1.Session Retrieve t 7
  check 'alice has it back as it was' as_user alice luoctl retrieve --by-luod vm1 ram -- memfd expect "${ram[@]}"
  check 'and the other one' as_user alice luoctl retrieve vm1 state -- memfd expect "${lent[@]}"
  check 'she finishes' as_user alice luoctl finish vm1
  is 'nothing is left' '' list_words
}
