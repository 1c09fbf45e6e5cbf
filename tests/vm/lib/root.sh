# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Three trees of the same Debian, one debootstrap: `base` as it comes, `build` with what luod needs to be
# built (so that it is linked to the guest's own libraries), `runtime` slimmed for a fast boot.

# Changed by hand when the way of making the trees changes the result
root_recipe=1

runtime_packages=(systemd systemd-sysv dbus udev kexec-tools kmod libpam-systemd)

build_packages=(
  g++ meson ninja-build pkg-config ccache
  libsdbus-c++-dev libsdbus-c++-bin libsystemd-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  zlib1g-dev libzstd-dev liblzma-dev libseccomp-dev libudev-dev libkmod-dev libcap-dev libgtest-dev
)

# Units that only cost time in a machine that lives for ten seconds. udev, sysusers, tmpfiles, logind,
# D-Bus and the journal stay: luod meets them.
masked_units=(
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service
  fstrim.timer systemd-tmpfiles-clean.timer systemd-random-seed.service systemd-journal-flush.service
  systemd-journal-catalog-update.service systemd-update-done.service systemd-update-utmp.service
  systemd-hwdb-update.service systemd-firstboot.service systemd-machine-id-commit.service
  systemd-timesyncd.service systemd-pcrphase.service systemd-binfmt.service systemd-sysctl.service
  systemd-remount-fs.service systemd-udev-settle.service getty.target getty@tty1.service
  serial-getty@ttyS0.service console-getty.service dev-mqueue.mount dev-hugepages.mount
  sys-kernel-tracing.mount sys-fs-fuse-connections.mount kexec.service kexec-load.service
  systemd-growfs-root.service systemd-pstore.service modprobe@.service ldconfig.service
  systemd-userdbd.socket systemd-networkd.socket kmod-static-nodes.service
)

find_root() {
  root=$cache/root-$(printf '%s\n' "${runtime_packages[@]}" -- "${build_packages[@]}" -- "${masked_units[@]}" |
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
    mount -t proc proc "$tree/proc"
    mount --rbind /dev "$tree/dev"
    if [[ -n ${bind_source:-} ]]; then
      mkdir -p "$tree/src" "$tree/out"
      mount --bind "$bind_source" "$tree/src"
      mount -o remount,bind,ro "$tree/src"
      mount --bind "$bind_out" "$tree/out"
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

install_build_packages() {
  rm -rf "$root/build"
  cp -a --reflink=auto "$root/base" "$root/build"
  apt-config dump Acquire >"$root/build/etc/apt/apt.conf.d/99of-the-host"
  cp -L /etc/resolv.conf /etc/hosts "$root/build/etc/"
  cp -u "$cache/debs"/*.deb "$root/build/var/cache/apt/archives/" 2>/dev/null || :
  in_root "$root/build" apt-get -q update
  in_root "$root/build" apt-get -qy --no-install-recommends install "${build_packages[@]}"
  rm -f "$root/build"/var/cache/apt/archives/*.deb
}

slim_runtime() {
  local tree=$root/runtime
  rm -rf "$tree"
  cp -a --reflink=auto "$root/base" "$tree"
  in_root "$tree" useradd -m -u 1000 -s /bin/bash alice
  in_root "$tree" useradd -m -u 1001 -s /bin/bash bob
  in_root "$tree" passwd -d root
  (
    cd "$tree" || exit
    rm -rf usr/share/{doc,man,locale,zoneinfo,info,i18n,bash-completion,zsh,common-licenses,lintian,bug} \
      usr/share/perl* usr/lib/x86_64-linux-gnu/{gconv,perl*} usr/lib/udev/hwdb.* usr/lib/locale \
      usr/bin/perl* var/cache/* var/lib/apt/lists/* var/lib/dpkg/info var/log/* etc/udev/hwdb.* \
      usr/lib/systemd/boot usr/lib/systemd/catalog boot/* dev/* run/* tmp/*
    echo luod-vm >etc/hostname
    # One machine id for ever: no first boot, and the journal finds its directory
    echo 00000000000000000000000000000a55 >etc/machine-id
    echo '/dev/root / ext4 rw 0 0' >etc/fstab
    local unit
    for unit in "${masked_units[@]}"; do
      ln -sf /dev/null "etc/systemd/system/$unit"
    done
    # The journal in memory only; what matters goes to the serial line as well
    mkdir -p etc/systemd/journald.conf.d etc/systemd/system.conf.d
    printf '[Journal]\nStorage=volatile\nForwardToConsole=no\nRateLimitBurst=0\n' >etc/systemd/journald.conf.d/rig.conf
  )
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
    logged root-runtime slim_runtime
    touch "$root/complete"
  fi
}
