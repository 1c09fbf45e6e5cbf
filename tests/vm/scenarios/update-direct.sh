# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# An update led by luod, straight out of the running machine, with three clients of different speed; and at once another one.
# long: trixie

ram=(67108864 42 4096 shrink,grow)

boot_1() {
  allow_alice
  check 'alice has something' as_user alice luoctl create vm1
  check 'worth keeping' as_user alice memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  check 'a kernel is loaded' load_by_luod
  check 'the check has nothing against it' luoctl check --mode=direct
  check 'a client' client quick 0
  check 'a slower one' client slow 1
  check 'and a third' client medium 0.3
  crossing luoctl kexec --mode=direct
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  check 'is-restored says so' luoctl is-restored
  check 'what waits for sessions was started' systemctl is-active liveupdate-restored.target
  check_fails 'and nothing for lost ones' '' systemctl is-active liveupdate-lost.target
  is 'the report has each client' 'medium quick slow' report_words ready
  check 'and can be drawn' drawn
  check 'alice has it back as it was' as_user alice luoctl retrieve vm1 ram -- memfd expect "${ram[@]}"
  check 'she finishes' as_user alice luoctl finish vm1
  is 'she is in the report' 'vm1' report_words finished
  check 'another kernel' load_by_luod
  crossing luoctl kexec --mode=direct
}

boot_3() {
  wait_booted
  is 'twice' 'done 2' handover
}

drawn() { luoctl report --svg >"$rig_out/report.svg" && grep -q '</svg>' "$rig_out/report.svg"; }
