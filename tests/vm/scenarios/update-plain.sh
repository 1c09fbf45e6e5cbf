# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# `systemctl kexec`, typed by somebody who never heard of luod, goes through barrier and check all the same: stopped while
# somebody blocks, led when nobody does.
# long: trixie

ram=(67108864 42 4096 shrink,grow)

boot_1() {
  allow_alice
  check 'alice has something' as_user alice luoctl create vm1
  check 'worth keeping' as_user alice memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  check 'a kernel is loaded' load_by_luod
  check 'a client' client vmm 0.3
  systemd-run -q --unit blocker --collect luoctl inhibit --mode=block --who blocker --why 'a backup' -- sleep infinity
  until luoctl list-inhibitors --no-legend | grep -q '^blocker '; do :; done
  systemctl kexec
  check 'the journal says why it was stopped' wait_journal luod-gate blocker
  until [[ $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager \
    PreparingForShutdown) == 'b false' ]]; do :; done
  is 'nobody was asked' '' asked
  check 'no service was stopped' systemctl is-active luod client-vmm
  systemctl stop blocker
  until ! luoctl list-inhibitors --no-legend | grep -q '^blocker '; do :; done
  until [[ $(systemctl show -P LoadState kexec.target) == loaded ]]; do :; done
  crossing systemctl kexec
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  is 'the client was asked' 'vmm' report_words ready
  check 'alice has it back as it was' as_user alice luoctl retrieve vm1 ram -- memfd expect "${ram[@]}"
  check 'she finishes' as_user alice luoctl finish vm1
}
