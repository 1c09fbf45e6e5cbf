# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The kernel's own live update selftests, from the same source, static: they run in the rig and, with the
# host's kernel, under a simulator. They lie in $kernel_out/selftests.

build_selftests() {
  find_kernel
  [[ -e $kernel_out/selftests/complete ]] && return
  build_kernel
  # another worktree's kernel may have cleaned up since
  [[ -e $kernel_tree/.unpacked ]] || logged kernel-unpack unpack_kernel
  logged selftests make_selftests
}

make_selftests() {
  local made=$kernel_out/selftests.part program
  rm -rf "$made"
  mkdir -p "$made"
  kernel_make headers
  kernel_make -C "$kernel_tree/tools/testing/selftests/liveupdate" OUTPUT="$made" \
    KHDR_INCLUDES="-isystem $kernel_tree/usr/include" LDFLAGS=-static
  find "$made" -type f ! -perm /111 -delete
  for program in "$made"/*; do
    [[ ! -f $program ]] || strip "$program" || :
  done
  find "$made" -type d -empty -delete
  touch "$made/complete"
  rm -rf "$kernel_out/selftests"
  mv "$made" "$kernel_out/selftests"
}
