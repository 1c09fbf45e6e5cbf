# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by the scripts beside it: where things are, and how they speak. LUOD_CACHE moves everything that is kept,
# LUOD_BUILD the ordinary build alone.

# shellcheck disable=SC2034 # used by those who source it
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(dirname "$tests")
cache=${LUOD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/luod}
tree=$(printf %s "$source" | sha256sum | cut -c1-12) # builds of different trees lie side by side
build=${LUOD_BUILD:-$cache/build-$tree}

say() { printf '== %s (%d:%02d)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }

# configured BUILD [MESON-OPTION...]: configures a build where there is none.
configured() {
  local directory=$1
  shift
  [[ ! -e $directory/build.ninja ]] || return 0
  mkdir -p "$directory"
  meson setup "$@" "$directory" "$source" >"$directory/setup.log" || { cat "$directory/setup.log" && return 1; }
}

# what a simulated machine is made of, besides luod and the test program
simulated_machine=(client/luoctl/luoctl tests/integration/luod-{launcher,killer.so} tests/simulator/supervisor/luo-sim
  tests/support/service-manager/service-manager)

# The build with a sanitizer, address or thread; address counts what is run through, too.
sanitized=$cache
configured_sanitized() {
  sanitized=$cache/$1-$tree
  local options=(-Db_sanitize=address,undefined -Db_coverage=true -Dcpp_args=-fprofile-update=atomic -Doptimization=0)
  [[ $1 == address ]] || options=(-Db_sanitize=thread -Db_lundef=false -Doptimization=1)
  configured "$sanitized" "${options[@]}" -Dwerror=false
}

# For clang's tools: fuzzing, and a compile database that clang-tidy can read
configured_clang() {
  CC=clang CXX=clang++ configured "$1" -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dwerror=false \
    -Dcpp_args=-fsanitize=fuzzer-no-link
}
