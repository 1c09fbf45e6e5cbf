# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Installed from the Debian packages and nothing else: units are enabled by them, a file comes back after a live update, and
# what systemctl kexec does goes through the gate.
# suites: -
# on demand: trixie
# packages: yes

of_luod=(luod.service luod-gate.service luod-modules.service luod-verdict.service liveupdate-restored.target)
ram=(67108864 42 4096 shrink,grow)

boot_1() {
  wait_booted
  is 'all units are enabled' "$(printf 'enabled\n%.0s' "${of_luod[@]}")" systemctl is-enabled "${of_luod[@]}"
  check 'luod runs' systemctl is-active luod.service luod-gate.service
  is 'as its own user' luod stat -c %U "/proc/$(systemctl show -P MainPID luod.service)"
  check 'its directory is there' test -d /var/lib/luod
  check 'a session' luoctl create vm1
  check 'with a file' memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  check 'a kernel is loaded' luoctl load "/boot/vmlinuz-$(uname -r)" --reuse-cmdline
  crossing luoctl kexec --mode=direct
}

boot_2() {
  wait_booted
  is 'the handover is known' 'done 1' handover
  check 'it comes back as it was' luoctl retrieve --by-luod vm1 ram -- memfd expect "${ram[@]}"
  check 'it is finished' luoctl finish vm1
}
