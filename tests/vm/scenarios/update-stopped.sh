# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Every way out of an update before the kernel is replaced: a check, a block, a deadline, a word, a client that dies (which
# is none). Nobody loses anything, and the machine goes over in the end.
# suites: sid

ram=(67108864 42 4096 shrink,grow)

stopped() { [[ $(luoctl status -P Phase) == idle ]]; }
# refused PATTERN ARGUMENT...: luoctl kexec fails with these words, and everything is as before
refused() {
  local pattern=$1
  shift
  check_fails "stopped: $pattern" "$pattern" luoctl kexec --mode=direct "$@"
  check 'nothing is under way' stopped
  is 'the session is as it was' 'vm1 outgoing active 1' list_words
}

boot_1() {
  allow_alice
  check 'alice has something' as_user alice luoctl create vm1
  check 'worth keeping' as_user alice memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  refused 'no kernel is loaded'
  check 'a kernel is loaded' load_by_luod
  systemd-run -q --unit blocker --collect luoctl inhibit --mode=block --who blocker --why 'a backup' -- sleep infinity
  until luoctl list-inhibitors --no-legend | grep -q '^blocker '; do :; done
  refused blocker
  systemctl stop blocker
  until ! luoctl list-inhibitors --no-legend | grep -q '^blocker '; do :; done
  check 'a client' client lazy infinity
  check 'another' client quick 0
  refused lazy --timeout=1s
  is 'both had been asked' 'lazy quick' asked
  check 'a client again' client quick 0
  luoctl kexec --mode=direct --no-block
  until [[ $(luoctl status -P Phase) == preparing ]]; do :; done
  check 'a word stops it' luoctl abort 'not today'
  check 'nothing is under way' stopped
  check 'the report says why' report_says 'not today'
  luoctl kexec --mode=direct --no-block
  until [[ $(luoctl status -P Phase) == preparing ]]; do :; done
  leaving
  systemctl kill -s KILL client-lazy # the last one who was awaited
  until_stopped
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  check 'alice has it back as it was' as_user alice luoctl retrieve vm1 ram -- memfd expect "${ram[@]}"
  check 'she finishes' as_user alice luoctl finish vm1
}
