# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Machines with more of Debian in them than luod needs, for scenarios that say "# installs: PACKAGE...", each such list with a
# runtime tree and an image of its own. With "# later: SUITE" the packages lie in /later as that suite has them, too, for a
# scenario that upgrades.

# extra_packages FILE: its wish in a word, or nothing
extra_packages() {
  local wish
  wish=$(setting "$1" installs '')
  [[ -z $wish ]] || echo "$wish; $(setting "$1" later '')"
}

find_extra_runtime() { runtime=$root/runtime-$({ declare -p masked_units && declare -f make_extra_tree slim_tree; } | key "$1"); }

# install_in TREE WORD...: of apt-get's; no service is started in a tree
install_in() {
  local tree=$1
  shift
  printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
  chmod +x "$tree/usr/sbin/policy-rc.d"
  in_root "$tree" apt-get -q update
  in_root "$tree" apt-get -qy --no-install-recommends install "$@"
  rm "$tree/usr/sbin/policy-rc.d"
}

# fetch_later TREE SUITE PACKAGE...: into /later
fetch_later() {
  local tree=$1 suite=$2
  shift 2
  sed "s/^deb \([^ ]*\) [^ ]* /deb \1 $suite /" "$tree/etc/apt/sources.list" >"$tree/etc/apt/sources.list.d/later.list"
  rm -f "$tree"/var/cache/apt/archives/*.deb
  in_root "$tree" apt-get -q update
  in_root "$tree" apt-get -qy --no-install-recommends --download-only -t "$suite" install "$@"
  mkdir "$tree/later"
  mv "$tree"/var/cache/apt/archives/*.deb "$tree/later/"
}

# make_extra_tree TREE WISH
make_extra_tree() {
  local tree=$1 packages suite=${2#*; }
  read -ra packages <<<"${2%;*}"
  rm -rf "$tree"
  cp -a --reflink=auto "$root/base" "$tree"
  of_the_host "$tree"
  install_in "$tree" "${packages[@]}"
  [[ -z $suite ]] || fetch_later "$tree" "$suite" "${packages[@]}"
  slim_tree "$tree"
}

build_extra_runtime() {
  find_extra_runtime "$1"
  [[ -d $runtime ]] && return
  need_root 'making a root file system'
  logged extra-runtime make_extra_tree "$runtime.part" "$1"
  mv "$runtime.part" "$runtime"
}

# build_extra_image WISH
build_extra_image() {
  local image_size=1200M
  take_build_lock "$cache/lock"
  build_extra_runtime "$1"
  touch "$runtime"
  take_build_lock "$luod_out.lock"
  build_image
  # shellcheck disable=SC2004 # by name
  extra_images["$debian_suite $1"]=$image
  release_build_lock
}
