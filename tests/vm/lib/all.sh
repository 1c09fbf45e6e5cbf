# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The whole rig; each file says for itself what it does.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
declare -A images=() packaged_images=() # by Debian
declare -A extra_images=()              # by Debian and wish
for part in apt kernel selftests root runtime luod tests image packages extra qemu scenario; do
  # shellcheck source=/dev/null
  . "$vm_dir/lib/$part.sh"
done

# build_all SUITE...: what scenarios on these Debians need
build_all() {
  for debian_suite; do
    take_build_lock "$cache/lock"
    install_host_packages
    build_kernel
    build_selftests
    build_root
    build_worktree
    build_image
    images[$debian_suite]=$image
    release_build_lock
  done
}

# What the parts call the present root, luod and image is from here on that of one Debian of those just built.
use_suite() {
  debian_suite=$1
  find_root
  find_runtime
  find_luod_build
  image=${images[$1]}
}

# build_also KIND NAME...: what only some of these scenarios want
build_also() {
  local kind=$1 name file wish
  shift
  for name; do
    file=$vm_dir/$kind/${name%@*}.sh
    wish=$(extra_packages "$file")
    if wants_other_kernel "$file"; then with_build_lock build_other_kernel; fi
    if wants_packages "$file"; then
      use_suite "$(scenario_suite "$name")"
      [[ -n ${packaged_images[$debian_suite]:-} ]] || build_packaged_image
    elif [[ $wish ]]; then
      use_suite "$(scenario_suite "$name")"
      [[ -n ${extra_images["$debian_suite $wish"]:-} ]] || build_extra_image "$wish"
    fi
  done
}

build_worktree() {
  find_luod_build
  take_build_lock "$luod_out.lock"
  build_luod
}
