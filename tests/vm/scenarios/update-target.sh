# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# kexec.target started without a word to logind: the gate, stopped first, still asks; it stops the shutdown while somebody
# blocks and lets it go when nobody does. Nothing lies in luod's fd store then, and luod lives through it all.
# suites: -
# long: sid trixie

ram=(67108864 42 4096 shrink,grow)

boot_1() {
  allow_alice
  check 'alice has something' as_user alice luoctl create vm1
  check 'worth keeping' as_user alice memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  check 'a kernel is loaded' load_by_luod
  unit witness.service <<-'END'
	[Service]
	ExecStart=/bin/sleep infinity
	ExecStop=/bin/sh -c 'systemctl show -P NFileDescriptorStore luod >/rig/out/stored'
	[Install]
	WantedBy=multi-user.target
	END
  # a service as packages bring them: stopped after the gate
  unit blocker.service <<-'END'
	[Service]
	ExecStart=/usr/bin/luoctl inhibit --mode=block --who blocker --why 'a backup' -- sleep infinity
	[Install]
	WantedBy=multi-user.target
	END
  systemctl enable -q --now witness blocker
  until luoctl list-inhibitors --no-legend | grep -q '^blocker '; do :; done
  systemctl start --no-block kexec.target
  check 'the journal says why it was stopped' wait_journal luod-gate 'stopped by luod: .*blocker'
  until systemctl is-active -q luod-gate; do :; done
  check 'no service was stopped' systemctl is-active luod witness
  is 'nothing is left of it' running systemctl is-system-running
  systemctl stop blocker
  until ! luoctl list-inhibitors --no-legend | grep -q '^blocker '; do :; done
  crossing systemctl start --no-block kexec.target
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  is 'the fd store held the file of the next kernel alone when services were stopped' 1 cat "$rig_out/stored"
  check 'alice has it back as it was' as_user alice luoctl retrieve vm1 ram -- memfd expect "${ram[@]}"
  check 'she finishes' as_user alice luoctl finish vm1
}
