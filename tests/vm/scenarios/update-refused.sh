# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The next kernel's handover version is another one: it takes nothing over, and only its log says so. The check sees it
# beforehand; where it is not heeded, the next boot says what happened, and what an administrator hooked in happens.
# suites: sid
# kernels: other

boot_1() {
  allow_alice
  check 'alice has something' as_user alice luoctl create vm1
  check 'worth keeping' as_user alice memfd make 65536 42 0 none luoctl preserve --by-luod --fd 3 --name ram vm1 7
  unit hook.service <<-'END'
	[Service]
	Type=oneshot
	ExecStart=/bin/touch /run/hooked
	[Install]
	WantedBy=liveupdate-lost.target
	END
  systemctl enable -q hook
  check 'the other kernel is loaded' luoctl load "$(other_kernel)" --reuse-cmdline
  exits 'the check sees it' 12 'kho-version.*error.*kho-v[1-9].*kho-v0' luoctl check --mode=direct
  check 'a client' client vmm 0
  exits 'an update is refused' 12 'kho-version: .*kho-v0' luoctl kexec --mode=direct
  is 'before anybody was asked' '' asked
  is 'the session is as it was' 'vm1 outgoing active 1' list_words
  crossing luoctl kexec --mode=direct --force=kho-version
}

boot_2() {
  wait_booted
  is 'the other kernel runs' "$(cat /rig/other/release)" uname -r
  is 'the verdict' 'refused 0' handover
  exits 'is-restored says so' 22 refused luoctl is-restored
  check 'the target for it is active' systemctl is-active liveupdate-lost.target
  check 'and the hook ran' luo wait /run/hooked
  check 'the report says so' report_says refused
  check 'and what was forced' report_says kho-version
  check 'nothing is there to be claimed' no_session
}

no_session() { [[ $(list_words) != *active* ]]; }
