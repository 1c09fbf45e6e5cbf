# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The rig itself: a session fd in the service manager's fd store, and `systemctl kexec`.
# suites: -
# long: sid

contents=(1:4096:21 7:1048576:22)

boot_1() {
  unit keeper.service <<-END
	[Service]
	Type=oneshot
	RemainAfterExit=yes
	NotifyAccess=all
	FileDescriptorStoreMax=16
	FileDescriptorStorePreserve=yes
	ExecStart=/rig/bin/luo keep mine rig-kept ${contents[*]}
	END
  unit looker.service <<-END
	[Service]
	Type=oneshot
	ExecStart=/rig/bin/luo check rig-kept
	END
  is 'systemd is the one we want' 262 systemd_version
  check 'a service puts a session into its fd store' systemctl start keeper.service
  is 'one fd is stored' 1 systemctl show -P NFileDescriptorStore keeper.service
  kexec_systemd
}

boot_2() {
  is 'systemd counts the kexec' 'u 1' kexec_count
  is 'the fd is stored again' 1 systemctl show -P NFileDescriptorStore keeper.service
  check_fails 'nobody else can have the session' 'EINVAL' luo check rig-kept
  printf '[Service]\nExecStart=\nExecStart=/rig/bin/luo check-kept mine %s\n' "${contents[*]}" |
    unit keeper.service.d/look.conf
  check 'the service finds its session and its content' systemctl restart keeper.service
}
