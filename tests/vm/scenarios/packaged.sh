# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Installed from the Debian packages and nothing else: units are enabled by them, everything is in one of them, a file comes
# back after live updates, and what systemctl kexec does goes through the gate.
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
  check 'guests have a unit' systemctl cat luo-qemu@vm1.service
  check 'and a program' luo-qemu --version
  check 'so has the simulator' luo-sim -- true
  check 'the guide and the examples are packaged' packaged /usr/share/doc/libluod-dev/{INTEGRATING.md,examples/{cache.c,scrub.sh,uploads.py}}
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
  check 'another session' luoctl create vm1
  check 'with a file' memfd make "${ram[@]}" luoctl preserve --by-luod --fd 3 --name ram vm1 7
  check 'a kernel is loaded' luoctl load "/boot/vmlinuz-$(uname -r)" --reuse-cmdline
  check 'the gate is there' systemctl is-active luod-gate.service
  crossing systemctl kexec
}

boot_3() {
  wait_booted
  is 'luod led it' 'done 2' handover
  check 'it comes back as it was' luoctl retrieve --by-luod vm1 ram -- memfd expect "${ram[@]}"
}

packaged() {
  local file
  for file; do
    grep -x "$file\(\.gz\)\?" /usr/share/luod-packages || return
  done
}
