# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The kernel: Debian's source, tinyconfig, kernel.config, and whatever kernel/files and kernel/patches add.
# Sets kernel_out: bzImage, config, release, modules and the static selftests lie there, and in other/ the same kernel
# with another handover version.

# Changed by hand when the way of building changes the result
kernel_recipe=1

kernel_patches() { find "$vm_dir/kernel/patches" -name '*.patch' -print0 | sort -z; }

kernel_inputs() {
  cat "$vm_dir/kernel.config"
  cd "$vm_dir/kernel" && find files module patches -type f ! -name '.git*' -print0 | sort -z | xargs -0 -r sha256sum
}

find_kernel() {
  local package version
  read -r package version < <(kernel_source)
  kernel_package=$package kernel_version=$version
  kernel_out=$cache/kernel-$(kernel_inputs | key "$kernel_recipe" "$package" "$version")
  # One unpacked tree for each source version and set of patches, so that a changed config or a changed
  # file of ours is an incremental build.
  kernel_tree=$cache/linux-$(kernel_patches | xargs -0 -r cat | key "$version")
}

unpack_kernel() {
  if [[ ! -e $kernel_tree/.unpacked ]]; then
    rm -rf "$kernel_tree" "$kernel_tree.deb"
    mkdir -p "$kernel_tree" "$kernel_tree.deb"
    cd "$kernel_tree.deb" || exit 1
    own_apt apt-get download "$kernel_package=$kernel_version"
    dpkg-deb -x ./*.deb .
    tar -xf usr/src/linux-source-*.tar.xz --strip-components=1 -C "$kernel_tree"
    kernel_patches | xargs -0 -r cat | patch -d "$kernel_tree" -p1
    touch "$kernel_tree/.unpacked"
    rm -rf "$kernel_tree.deb"
  fi
  cp -ru "$vm_dir/kernel/files/." "$kernel_tree/"
  rm -f "$kernel_tree/.gitkeep"
}

kernel_make() {
  CCACHE_DIR=$cache/ccache KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=luod KBUILD_BUILD_HOST=rig \
    nice -n 5 make -s -C "$kernel_tree" -j"$(nproc)" CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

configure_kernel() {
  local line
  kernel_make tinyconfig
  grep -h '^\(CONFIG_\|# CONFIG_\)' "$vm_dir/kernel.config" >>"$kernel_tree/.config"
  kernel_make olddefconfig
  grep '^\(CONFIG_\|# CONFIG_.* is not set\)' "$vm_dir/kernel.config" | while read -r line; do
    if [[ $line == '#'* ]]; then
      line=${line#\# } line=${line%% *}
      if grep -q "^$line=" "$kernel_tree/.config"; then echo "unwanted: $line"; fi
    else
      grep -qxF "$line" "$kernel_tree/.config" || echo "lost: $line"
    fi
  done >"$kernel_tree/.lost"
  [[ ! -s $kernel_tree/.lost ]] || { cat "$kernel_tree/.lost" && return 1; }
}

build_kernel() {
  find_kernel
  [[ -e $kernel_out/complete ]] && return
  say "kernel: $kernel_package $kernel_version, some minutes"
  logged kernel-unpack unpack_kernel
  logged kernel-config configure_kernel
  logged kernel-build kernel_make bzImage
  mkdir -p "$kernel_out"
  cp "$kernel_tree/arch/x86/boot/bzImage" "$kernel_tree/.config" "$kernel_out/"
  kernel_make kernelrelease >"$kernel_out/release"
  logged kernel-modules make_kernel_modules
  touch "$kernel_out/complete"
}

# Outside of the tree: a configuration with modules of its own would be another kernel.
make_kernel_modules() {
  local made=$kernel_out/modules
  rm -rf "$made"
  cp -r "$vm_dir/kernel/module" "$made"
  kernel_make modules # writes down what modules may use
  kernel_make M="$made" modules
  find "$made" -type f ! -name '*.ko' -delete
}

# The handover version is one file's business, so that a kernel with another one costs a minute: a header that is
# included before all others has the last word, and nothing in the tree is changed.
make_other_kernel() {
  local made=$kernel_out/other.part header=include/linux/kho/abi/kexec_handover.h words
  rm -rf "$made"
  mkdir -p "$made"
  printf '#include "%s"\n#undef KHO_FDT_COMPATIBLE\n#define KHO_FDT_COMPATIBLE "kho-v0"\n' \
    "$kernel_tree/$header" >"$made/other-kho.h"
  words=(LOCALVERSION=-other "CFLAGS_kexec_handover.o=-include $made/other-kho.h")
  kernel_make "${words[@]}" bzImage
  kernel_make "${words[@]}" kernelrelease >"$made/release"
  cp "$kernel_tree/arch/x86/boot/bzImage" "$made/vmlinuz-$(<"$made/release")"
  cp "$kernel_tree/.config" "$made/config-$(<"$made/release")"
  mv "$made" "$kernel_out/other"
}

build_other_kernel() {
  find_kernel
  [[ -e $kernel_out/other ]] && return
  build_kernel
  logged kernel-unpack unpack_kernel
  logged kernel-config configure_kernel
  logged kernel-other make_other_kernel
}
