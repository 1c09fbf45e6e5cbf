# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Trees of each Debian, one debootstrap: `base` as it comes, `build` with what luod needs to be
# built (so that it is linked to the guest's own libraries), and the runtime tree of lib/runtime.sh.

# Changed by hand when the way of making the trees changes the result
root_recipe=1

runtime_packages=(systemd systemd-sysv dbus udev kexec-tools kmod libpam-systemd libbpf1)

build_packages=(
  g++ meson ninja-build pkg-config ccache
  libsdbus-c++-dev libsdbus-c++-bin libsystemd-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  zlib1g-dev libarchive-dev libzstd-dev liblzma-dev libseccomp-dev libudev-dev libkmod-dev libcap-dev libgtest-dev
)

# Where luod's own tests run (lib/tests.sh) and its packages are built (lib/packages.sh), too
test_packages=(libgmock-dev git python3 procps systemd-dev build-essential debhelper lintian)

find_root() {
  root_packages=("${build_packages[@]}")
  [[ $debian_suite != "$tests_suite" ]] || root_packages+=("${test_packages[@]}")
  root=$cache/root-$(printf '%s\n' "${runtime_packages[@]}" -- "${root_packages[@]}" |
    key "$root_recipe" "$debian_suite")
}

# in_root TREE COMMAND...: mounts are private to the command and end with it
in_root() {
  local tree=$1
  shift
  # shellcheck disable=SC2016
  unshare --mount --pid --fork bash -euc '
    tree=$1
    shift
    # a mount point: what runs in there may want to change the propagation of its root
    mount --rbind "$tree" "$tree"
    cd "$tree"
    mount -t proc proc "$tree/proc"
    mount --rbind /dev "$tree/dev"
    mount --rbind /sys "$tree/sys"
    if [[ -n ${bind_source:-} ]]; then
      mkdir -p "$tree/src" "$tree/out" "$tree/ccache"
      mount --bind "$bind_source" "$tree/src"
      mount -o remount,bind,ro "$tree/src"
      mount --bind "$bind_out" "$tree/out"
      mount --bind "$bind_ccache" "$tree/ccache"
    fi
    exec chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
      DEBIAN_FRONTEND=noninteractive "$@"' - "$tree" "$@"
}

bootstrap_base() {
  local proxy
  # debootstrap fetches with wget, which does not read apt's configuration
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  [[ -z ${proxy:-} ]] || export http_proxy=$proxy
  mkdir -p "$cache/debs"
  local packages
  packages=$(IFS=, && echo "${runtime_packages[*]}")
  debootstrap --variant=minbase --keyring="$(debian_keyring)" --cache-dir="$cache/debs" \
    --include="$packages" "$debian_suite" "$root/base" "$(debian_mirror)"
}

# of_the_host TREE: the way to Debian's mirror
of_the_host() {
  apt-config dump Acquire >"$1/etc/apt/apt.conf.d/99of-the-host"
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

install_build_packages() {
  rm -rf "$root/build"
  cp -a --reflink=auto "$root/base" "$root/build"
  of_the_host "$root/build"
  cp -u "$cache/debs"/*.deb "$root/build/var/cache/apt/archives/" 2>/dev/null || :
  in_root "$root/build" apt-get -q update
  in_root "$root/build" apt-get -qy --no-install-recommends install "${root_packages[@]}"
  rm -f "$root/build"/var/cache/apt/archives/*.deb
}

build_root() {
  find_root
  if [[ ! -e $root/complete ]]; then
    need_root 'making the root file system'
    say "root: Debian $debian_suite, two or three minutes"
    rm -rf "$root"
    mkdir -p "$root"
    logged root-base bootstrap_base
    logged root-build install_build_packages
    touch "$root/complete"
  fi
  build_runtime
}
