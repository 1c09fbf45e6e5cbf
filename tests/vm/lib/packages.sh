# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# luod as Debian packages, and a machine on which nothing of it was installed in another way.

# wants_packages FILE
wants_packages() { [[ $(setting "$1" packages no) == yes ]]; }

# Run inside of the build root
# shellcheck disable=SC2016
inside_packages='
  export PATH=/usr/lib/ccache:$PATH
  export DEB_BUILD_OPTIONS="$OPTIONS parallel=$(nproc)"
  cd /out/packages/luod
  nice -n 5 dpkg-buildpackage -b -us -uc
  lintian --allow-root --fail-on error --info ../luod_*.changes
'

build_packages() {
  need_root 'building packages in their root'
  rm -rf "$luod_out/packages"
  mkdir -p "$luod_out/packages/luod"
  # what is in the repository, as it lies here
  git -C "$source_dir" ls-files -z | tar -C "$source_dir" --null -T - -cf - | tar -C "$luod_out/packages/luod" -xf -
  logged "packages-${luod_out##*/}" inside_out OPTIONS=nocheck "$inside_packages"
}

find_packaged_image() {
  image=$cache/image-$({
    echo "$runtime" "$kernel_out"
    hash_tree "$vm_dir/guest/tree"
    hash_tree "$luod_out/packages/luod/debian"
    cat "$luod_out"/packages/*.deb
  } | key "$image_recipe" "$image_size" packaged).ext4
}

# What is enabled is the packages' own doing.
assemble_packaged() {
  local tree=$image.$$
  rm -rf "$tree"
  cp -a --reflink=auto "$root/base" "$tree"
  of_the_host "$tree"
  mkdir "$tree/packages"
  cp "$luod_out"/packages/{luod,libluod1,libluod-dev,luo-qemu,luo-sim}_*.deb "$tree/packages/"
  local packages=("$tree"/packages/*.deb)
  install_in "$tree" "${packages[@]#"$tree"}"
  # documentation and dpkg's own lists are not in the image
  in_root "$tree" dpkg -L luod libluod1 libluod-dev luo-qemu luo-sim >"$tree/usr/share/luod-packages"
  rm -r "$tree/packages"
  (slim_tree "$tree")
  add_guest "$tree"
  write_image "$tree"
}

build_packaged_image() {
  take_build_lock "$luod_out.lock"
  build_packages
  find_packaged_image
  [[ -e $image ]] || logged packaged-image assemble_packaged
  touch "$image"
  # shellcheck disable=SC2004 # by name
  packaged_images[$debian_suite]=$image
  release_build_lock
}
