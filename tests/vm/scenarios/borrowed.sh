# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A program borrows the session's own descriptor, preserves with it, and is gone before the kexec.
# on demand: trixie bookworm

ram=(33554432 9 123 none)

boot_1() {
  allow_alice
  as_user alice luoctl create lent
  check 'alice preserves on the borrowed descriptor, and exits' as_user alice memfd make "${ram[@]}" \
    luoctl preserve --fd 3 lent ram
  is 'luod knows of the loan' yes as_user alice luoctl show lent -P Lent
  check_fails 'and cannot take a file out any more' 'CannotTakeOut|lent' as_user alice luoctl take-out lent ram
  kexec_direct
}

boot_2() {
  wait_booted
  check 'it is there, on her own account' as_user alice luoctl retrieve lent ram -- memfd expect "${ram[@]}"
  check 'finish' as_user alice luoctl finish lent
}
