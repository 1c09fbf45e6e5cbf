# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The disk: runtime tree + kernel + guest/tree + what luod's build installed, put together with hard links
# and written by mke2fs itself: no loop mount.

image_recipe=3
image_size=700M

hash_tree() { tar --sort=name --mtime=@0 --owner=0 --group=0 -C "$1" -cf - . | sha256sum; }

find_image() {
  image=$cache/image-$({
    echo "$runtime" "$kernel_out"
    hash_tree "$vm_dir/guest/tree"
    hash_tree "$luod_out/installed"
  } | key "$image_recipe" "$image_size").ext4
}

# add_guest TREE: what makes it a machine of the rig
add_guest() {
  # --remove-destination: a file of the runtime tree is a link, and must not be written through
  cp -a --remove-destination --no-preserve=ownership "$vm_dir/guest/tree/." "$1/"
  cp "$kernel_out/bzImage" "$1/boot/vmlinuz-$(<"$kernel_out/release")"
  cp "$kernel_out/.config" "$1/boot/config-$(<"$kernel_out/release")"
  mkdir -p "$1/rig"
  in_root "$1" sh -euc '
    systemctl enable rig.service
    systemctl set-default multi-user.target'
  # the same sysusers at every boot would find nothing to do
  touch "$1/etc/.updated" "$1/var/.updated"
  rm -rf "$1/var/cache/ldconfig"
}

# write_image TREE: which is no more afterwards
write_image() {
  mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -E lazy_itable_init=1,root_owner=0:0 -m 0 \
    -d "$1" "$image.part$$" "$image_size"
  mv "$image.part$$" "$image"
  rm -rf "$1"
}

assemble() {
  local tree=$image.$$
  rm -rf "$tree"
  cp -al "$runtime" "$tree"
  cp -a --remove-destination "$luod_out/installed/." "$tree/"
  # what a package's postinst would do
  # shellcheck disable=SC2016
  in_root "$tree" sh -euc '
    ldconfig
    systemd-sysusers
    for unit in luod.service luod-modules.service luod-gate.service luod-verdict.service liveupdate-restored.target; do
      [ ! -e /usr/lib/systemd/system/$unit ] || systemctl enable $unit || systemctl preset $unit
    done'
  add_guest "$tree"
  write_image "$tree"
}

build_image() {
  find_image
  if [[ ! -e $image ]]; then
    need_root 'making the image'
    # images of yesterday's sources are of no use
    find "$cache" -maxdepth 1 -name 'image-*' -mtime +0 -exec rm -rf {} +
    logged image assemble
  fi
  touch "$image"
}
