# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# 200 sessions of 10 files each through one kexec; every byte is compared.
# timeout: 300

boot_1() {
  wait_booted
  check '200 sessions of 10 files' load fill 200 10 4096
  is 'luod holds them' '200 2000' held
  kexec_direct
}

boot_2() {
  wait_booted
  is 'luod holds them again' '200 2000' held
  check 'all came back as they were' load verify 200 10 4096
  is 'all are finished' '0 0' held
  check 'luod has no fd of them left' few_fds
}

held() { echo "$(luoctl status -P Sessions --json=off) $(luoctl status -P Files)"; }
few_fds() { local fds=(/proc/"$(systemctl show -P MainPID luod)"/fd/*); echo "${#fds[@]}"; ((${#fds[@]} < 40)); }
