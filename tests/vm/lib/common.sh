# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What every part of the rig needs: where things lie, how to speak, how to name a cache entry.

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source_dir=$(cd "$vm_dir/../.." && pwd)
cache=${LUOD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/luod}/vm
suites=(sid trixie bookworm) # systemd 262 and sdbus-c++ 2.3, 257 and 2.1, 252 and 1.2
debian_suite=sid             # the one at hand
tests_suite=trixie           # where luod's own tests run, too (lib/tests.sh)

mkdir -p "$cache/log"

# Everything said goes to standard error: standard output is TAP.
say() { printf '# %s\n' "$*" >&2; }
die() {
  printf '# error: %s\n' "$*" >&2
  exit 1
}

need_root() { ((EUID == 0)) || die "$1 needs root (only the first build does; running does not)"; }

# key WORD... < CONTENT: a short name for all of it
key() { { printf '%s\n' "$@" && cat; } | sha256sum | cut -c1-12; }

# logged NAME COMMAND...: the output goes to a log that is shown only when the command fails. No `if` around
# the command: it would switch off set -e inside of a function. So don't call this in a condition either.
logged() {
  local log=$cache/log/$1.log began=$SECONDS status
  shift
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if ((status)); then
    tail -n 40 "$log" >&2
    die "$* failed, whole log: $log"
  fi
  say "${log##*/}: $((SECONDS - began)) s"
}

# Two runs at once must not build the same thing twice. One lock is held at a time: the whole cache's for
# what all worktrees share, then the worktree's own for luod. A lock goes with the process.
take_build_lock() {
  release_build_lock
  exec {build_lock}>"$1"
  flock -n "$build_lock" && return
  say "waiting for another build: $1"
  flock "$build_lock"
}

release_build_lock() {
  [[ -n ${build_lock:-} ]] || return 0
  exec {build_lock}>&-
  build_lock=''
}

# with_build_lock COMMAND...: what all worktrees share
with_build_lock() {
  take_build_lock "$cache/lock"
  "$@"
  release_build_lock
}
