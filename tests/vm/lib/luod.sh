# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# luod and the rig's own helper, built in the build root against the guest's libraries. Each worktree has
# its own build directory for each Debian, which stays, so that a daily build is ninja finding out what changed.

find_luod_build() {
  luod_out=$cache/luod-$(printf '%s' "$source_dir" | key)
  [[ $debian_suite == sid ]] || luod_out+=-$debian_suite
}

# Run inside of the build root: /src is the source, read-only, /out the build directory.
# shellcheck disable=SC2016
inside_build='
  exists() { [ -n "$(find /src/daemon /src/client /src/proto -name meson.build 2>/dev/null)" ]; }
  for tool in luo memfd inner; do
    g++ -std=c++20 -O1 -Wall -static -o /out/$tool /src/tests/vm/guest/$tool.cpp
  done
  sh /src/tests/qemu/guest/compile /out/guest.elf g++
  rm -rf /out/installed
  mkdir -p /out/installed
  exists || exit 0
  [ -e /out/build/build.ninja ] ||
    meson setup --prefix=/usr --sysconfdir=/etc --localstatedir=/var --libdir=lib/x86_64-linux-gnu \
      --libexecdir=libexec -Dtests=disabled -Dsimulator=disabled $MESON_OPTIONS /out/build /src
  nice -n 5 ninja -C /out/build
  DESTDIR=/out/installed meson install -C /out/build --no-rebuild --quiet
  # Debian 12 says that units lie in /lib, which is a link to /usr/lib
  if [ -d /out/installed/lib ]; then
    cp -a /out/installed/lib /out/installed/usr/
    rm -r /out/installed/lib
  fi
  # the tests themselves are not built in here, but for the one that puts load on luod
  g++ -std=c++23 -O2 -D_GNU_SOURCE -I/src -o /out/load /src/tests/bench/load.cpp \
    -L/out/installed/usr/lib/x86_64-linux-gnu -lluod -lsystemd
  g++ -std=c++20 -O2 -D_GNU_SOURCE -I/src -o /out/soak /src/tests/vm/guest/soak/*.cpp \
    -L/out/installed/usr/lib/x86_64-linux-gnu -lluod -lsystemd
  g++ -std=c++23 -O1 -D_GNU_SOURCE -static -I/src -I/src/tests/simulator -o /out/luo-facts /src/tests/simulator/facts/*.cpp
'

# The libraries that the installed programs need and the runtime tree does not have
# shellcheck disable=SC2016
add_libraries='
  cd /out/installed
  find usr/bin usr/sbin usr/libexec usr/lib -type f -perm /111 2>/dev/null | while read -r program; do
    ldd "$program" 2>/dev/null | sed -n "s/.* => \(\/[^ ]*\) .*/\1/p"
  done | sort -u >/out/libraries
'

build_luod() {
  find_luod_build
  need_root 'building luod in its root'
  mkdir -p "$luod_out"
  logged "${luod_out##*/}" inside_out "MESON_OPTIONS=${LUOD_VM_MESON_OPTIONS:-}" "$inside_build$add_libraries"
  local library
  while read -r library; do
    [[ -e $runtime$library ]] && continue
    [[ $library == /usr/* ]] || library=/usr$library
    mkdir -p "$luod_out/installed${library%/*}"
    cp -L "$root/build$library" "$luod_out/installed$library"
  done <"$luod_out/libraries"
}

# inside_out VARIABLE=VALUE SCRIPT: in the build root, with the source in /src and $luod_out in /out. What one worktree
# has compiled, none of the others compiles again.
inside_out() {
  mkdir -p "$cache/ccache"
  bind_source=$source_dir bind_out=$luod_out bind_ccache=$cache/ccache in_root "$root/build" \
    env CCACHE_DIR=/ccache CCACHE_NOHASHDIR=1 "$1" sh -euc "$2"
}
