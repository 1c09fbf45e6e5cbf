# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The machine. KVM where it really runs a guest, else TCG with what made it fast: a small translation
# buffer (a large one makes the second boot twice as slow), and a plain CPU model.

# An existing /dev/kvm proves nothing, nor do a few instructions that run: nested KVM can be slower than no
# KVM. Proof is our kernel reaching the point where it misses its root, which takes a second with real KVM.
kvm_works() {
  [[ -w /dev/kvm ]] || return 1
  # the machine ends by itself: panic=-1 and -no-reboot
  timeout 6 qemu-system-x86_64 -machine q35,accel=kvm -cpu host -m 512M -smp 2 -nodefaults -display none \
    -kernel "$kernel_out/bzImage" -append 'console=ttyS0 panic=-1' -no-reboot -serial stdio </dev/null 2>/dev/null |
    grep -aq 'Unable to mount root fs'
}

# The answer is kept for this boot of the host
find_accelerator() {
  local note
  note=$cache/accelerator-$(</proc/sys/kernel/random/boot_id)
  if [[ ${LUOD_VM_ACCEL:-auto} != auto ]]; then
    accelerator=$LUOD_VM_ACCEL
  else
    [[ -s $note ]] || { rm -f "$cache"/accelerator-* && if kvm_works; then echo kvm; else echo tcg; fi >"$note"; }
    accelerator=$(<"$note")
  fi
  case $accelerator in
    kvm) accelerator_options=(-accel kvm -cpu host -smp "${LUOD_VM_CPUS:-2}") ;;
    # With two processors half of the time is spent spinning for the other, and more where the host is busy
    *) accelerator_options=(-accel "tcg,tb-size=128" -cpu Nehalem -smp "${LUOD_VM_CPUS:-1}") ;;
  esac
}

kernel_words() {
  echo "console=ttyS0 root=/dev/vda rw liveupdate=on kho=on panic=-1 printk.devkmsg=on mitigations=off" \
    "systemd.log_target=kmsg systemd.show_status=0 TERM=dumb no_timer_check tsc=reliable norandmaps" \
    "vfio.enable_unsafe_noiommu_mode=1 ${LUOD_VM_APPEND:-}"
}

# machine_options RUN_DIR
machine_options() {
  # shellcheck disable=SC2054
  machine=(
    qemu-system-x86_64 -machine q35 "${accelerator_options[@]}" -m "${LUOD_VM_MEMORY:-2G}"
    -display none -nodefaults
    -kernel "$kernel_out/bzImage" -append "$(kernel_words)"
    -drive "file=$image,format=raw,if=none,id=root,snapshot=on,cache=unsafe" -device virtio-blk-pci,drive=root
    -device virtio-rng-pci
    -fsdev "local,id=rig,path=$1,security_model=none" -device virtio-9p-pci,fsdev=rig,mount_tag=rig
    # two devices to give to vfio-pci
    -device edu -device virtio-rng-pci,disable-legacy=on
  )
}

# fill_share RUN_DIR SCENARIO_FILE: a changed test needs no new image
fill_share() {
  mkdir -p "$1/out" "$1/bin"
  # the guest sees the modes as they are here, and its users run tools from bin
  chmod 755 "$1"
  cp -r "$vm_dir/guest" "$1/guest"
  cp "$2" "$1/scenario"
  cp "$luod_out"/{luo,memfd,inner,load,soak,luo-facts} "$1/bin/"
  cp "$luod_out/guest.elf" "$1/"
  cp -r "$source_dir/tests/simulator/facts" "$1/facts"
  cp -r "$kernel_out/modules" "$1/modules"
  if [[ -d $kernel_out/selftests ]]; then cp -r "$kernel_out/selftests" "$1/selftests"; fi
  if wants_other_kernel "$2"; then cp -r "$kernel_out/other" "$1/other"; fi
}
