# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What this kernel has no handler for is refused with the kind and the kernel's answer, and the session stays as it was.

boot_1() {
  wait_booted
  luoctl create mixed
  check 'a memfd first' memfd make 65536 3 0 none luoctl preserve --by-luod --fd 3 mixed 1
  vfio=$(make_vfio_cdev edu)
  check_fails 'a VFIO device' 'vfio-cdev.*No such file or directory' luoctl preserve --by-luod --fd 3 mixed 2 3<>"$vfio"
  check_fails 'and on the borrowed descriptor' 'No such file or directory|no handler' luoctl preserve --fd 3 mixed 2 3<>"$vfio"
  check_fails 'an eventfd' 'eventfd.*No such file or directory' luo eventfd luoctl preserve --by-luod --fd 3 mixed 3
  check_fails 'a regular file' 'regular.*No such file or directory' luoctl preserve --by-luod --fd 3 mixed 4 3<>/etc/hostname
  check_fails 'a memfd that would come back unwritable' 'MFD_NOEXEC_SEAL' memfd make 4096 1 0 exec \
    luoctl preserve --by-luod --fd 3 mixed 5
  is 'the session is as it was' 'mixed outgoing active 1' list_words
  kexec_direct
}

boot_2() {
  wait_booted
  check 'and so is its file' luoctl retrieve --by-luod mixed 1 -- memfd expect 65536 3 0 none
}
