# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The whole rig; each file says for itself what it does.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for part in apt kernel selftests root runtime luod image qemu scenario; do
  # shellcheck source=/dev/null
  . "$vm_dir/lib/$part.sh"
done

build_all() {
  take_build_lock "$cache/lock"
  install_host_packages
  build_kernel
  build_selftests
  build_root
  build_worktree
  build_image
  release_build_lock
}

build_worktree() {
  find_luod_build
  take_build_lock "$luod_out.lock"
  build_luod
}
