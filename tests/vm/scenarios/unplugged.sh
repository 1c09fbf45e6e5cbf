# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A PCI function is removed while the file of its VFIO device is preserved: the file is invalid, everybody is told, no live update
# begins, and what is done about it lets the kernel go on with the removal. The kernel has no handler for VFIO yet: a module of the
# rig's stands in for it.
# timeout: 400

# remove: the PCI function; ends when nobody has the device any more
remove() { echo 1 >"/sys/bus/pci/devices/$address/remove"; }
removed() { [[ ! -e /sys/bus/pci/devices/$address ]]; }

boot_1() {
  allow_alice
  insmod /rig/modules/luo_vfio.ko
  vfio=$(make_vfio_cdev edu)
  address=$(echo /sys/bus/pci/devices/*/vfio-dev)
  address=${address%/vfio-dev} address=${address##*/}
  as_user alice luoctl create vm1
  check 'memory is preserved' as_user alice memfd make 65536 3 0 none luoctl preserve --by-luod --fd 3 --name ram vm1 1
  check 'and a real device' as_user alice luoctl preserve --by-luod --fd 3 --name nic vm1 2 3<>"$vfio"
  check 'of that address' grep -q "vfio-cdev *preserved.*$address" <(luoctl show vm1)
  as_user alice luoctl monitor --json=short >"$rig_out/alice" 2>&1 &
  luoctl monitor --json=short >"$rig_out/root" 2>&1 &
  until grep -q Watching "$rig_out/alice" && grep -q Watching "$rig_out/root"; do :; done

  remove &
  removal=$!
  wait_journal luod 'file 2 .*is invalid: its device .* was unplugged'
  check 'the removal waits for who has it open' test -e "/sys/bus/pci/devices/$address"
  check 'its owner is told' heard alice
  check 'and root' heard root
  is 'its session says so' 'vm1 outgoing invalid 2' list_words
  check 'and its file' grep -q 'vfio-cdev *invalid' <(luoctl show vm1)
  check 'and JSON' grep -q '"state":"invalid"' <(luoctl show vm1 --json=short)
  check_fails 'what is done to it fails' 'unplugged' as_user alice luoctl annotate vm1 nic --metadata a=b
  load_by_luod
  check_fails 'the check says so' 'files +error .*unplugged' luoctl check --mode=direct
  check_fails 'and no live update begins' 'files: .*unplugged' luoctl kexec --mode=direct --force=handler-versions,handler-modules,module-loading
  check_fails 'nor by force, for the kernel knows it, too' 'No such device|cannot be frozen|ENODEV' forced
  check 'luod is killed' systemctl kill --kill-whom=main -s KILL luod
  until luoctl status >/dev/null 2>&1; do :; done
  is 'and remembers it' 'vm1 outgoing invalid 2' list_words
  check 'alice gives the session up' as_user alice luoctl discard vm1
  wait "$removal"
  check 'and the function is gone' removed

  check 'she begins anew' as_user alice luoctl create vm1
  check 'without it' as_user alice memfd make 65536 4 0 none luoctl preserve --by-luod --fd 3 --name ram vm1 1
  check 'and the check has nothing against it' luoctl check --mode=direct
  crossing luoctl kexec --mode=direct
}

# The live update that would go over with it ends with the kernel's word
forced() { luoctl kexec --mode=direct --force=files,handler-versions,handler-modules,module-loading; }

heard() { until grep -q '"event":"file-invalid"' "$rig_out/$1"; do :; done; }

boot_2() {
  wait_booted
  check 'what she has is back' as_user alice luoctl retrieve vm1 ram -- memfd expect 65536 4 0 none
}
