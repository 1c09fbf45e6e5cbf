# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Packages of the host, and packages of other suites of the machine's own Debian mirror. The mirror is
# asked of apt itself, which reads both formats of source lists; nothing is named here.

apt_dir=$cache/apt

host_packages=(
  qemu-system-x86 debootstrap e2fsprogs          # the machine and its disk
  gcc g++ make bc bison flex libelf-dev libssl-dev xz-utils cpio ccache patch # the kernel
)

install_host_packages() {
  local package missing=()
  for package in "${host_packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  need_root "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  logged apt-update apt-get -q update
  logged apt-install apt-get -qy --no-install-recommends install "${missing[@]}"
}

# What `apt-get update` would fetch is one 'URI/dists/SUITE/InRelease' for every source, whatever the
# format it was written in, and even on a machine whose lists were deleted.
machine_sources() {
  apt-get --print-uris update 2>/dev/null |
    sed -n "s|^'\(.*\)/dists/\([^/]*\)/InRelease'.*|\1 \2|p"
}

debian_mirror() {
  if [[ -n ${LUOD_VM_MIRROR:-} ]]; then
    echo "$LUOD_VM_MIRROR"
    return
  fi
  machine_sources | awk '
    $2 ~ /^(oldstable|stable|testing|unstable|sid|bullseye|bookworm|trixie|forky|duke)$/ { print $1; exit }'
}

debian_keyring() {
  local file
  for file in "${LUOD_VM_KEYRING:-}" /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
    [[ -r $file ]] && echo "$file" && return
  done
  die 'no keyring of the Debian archive: install debian-archive-keyring, or set LUOD_VM_KEYRING'
}

# apt with lists of its own: the machine's lists and sources stay as they are
own_apt() {
  local command=$1
  shift
  "$command" -q -o "Dir::Etc::SourceList=$apt_dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o "Dir::State::Lists=$apt_dir/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o APT::Sandbox::User=root "$@"
}

own_apt_update() {
  local mirror suite
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || die "apt knows no Debian mirror here; set LUOD_VM_MIRROR"
  mkdir -p "$apt_dir/lists/partial"
  for suite in trixie-backports sid; do
    echo "deb [signed-by=$(debian_keyring)] $mirror $suite main"
  done >"$apt_dir/sources.list"
  logged apt-own-update own_apt apt-get update
}

# The newest of our preferred series: "PACKAGE VERSION". Noted, so that a warm cache asks nobody.
kernel_source() {
  if [[ ! -s $apt_dir/kernel-source ]]; then
    own_apt_update
    local package
    package=$(own_apt apt-cache pkgnames linux-source-7. | grep -xF "${LUOD_VM_LINUX:-linux-source-7.3}" ||
      own_apt apt-cache pkgnames linux-source-7. | sort -V | tail -n 1)
    [[ -n $package ]] || die 'no linux-source-7.* at the Debian mirror'
    own_apt apt-cache madison "$package" | awk '{ print $1, $3; exit }' >"$apt_dir/kernel-source"
  fi
  cat "$apt_dir/kernel-source"
}
