# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The runtime tree: Debian's base without what a machine that lives for ten seconds never needs. Without KVM
# every process that systemd starts costs a tenth of a second, so units are what has to be few. udev, sysusers,
# tmpfiles, logind, D-Bus and the journal stay: luod meets them.

masked_units=(
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service
  fstrim.timer systemd-tmpfiles-clean.timer systemd-random-seed.service systemd-journal-flush.service
  systemd-journal-catalog-update.service systemd-update-done.service systemd-update-utmp.service
  systemd-hwdb-update.service systemd-firstboot.service systemd-machine-id-commit.service
  systemd-timesyncd.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-sysctl.service
  systemd-remount-fs.service systemd-udev-settle.service systemd-udev-load-credentials.service
  systemd-tmpfiles-setup-dev-early.service systemd-hibernate-clear.service systemd-modules-load.service
  systemd-user-sessions.service systemd-ask-password-wall.path systemd-ask-password-console.path
  systemd-ask-password.socket systemd-creds.socket systemd-factory-reset.socket systemd-hostnamed.socket
  systemd-journalctl.socket systemd-mute-console.socket systemd-sysext.socket systemd-sysinstall.socket
  getty.target getty@tty1.service getty-static.service serial-getty@ttyS0.service console-getty.service
  dev-mqueue.mount dev-hugepages.mount sys-kernel-tracing.mount sys-kernel-config.mount
  sys-fs-fuse-connections.mount tmp.mount
  systemd-growfs-root.service systemd-pstore.service modprobe@.service ldconfig.service
  kmod-static-nodes.service kexec.service kexec-load.service
)

find_runtime() { runtime=$root/runtime-$({ declare -p masked_units && declare -f slim_runtime slim_tree; } | key); }

build_runtime() {
  find_runtime
  if [[ ! -d $runtime ]]; then
    # those of other worktrees may be in use
    find "$root" -maxdepth 1 -name 'runtime-*' -mtime +0 -exec rm -rf {} +
    logged runtime slim_runtime "$runtime.part"
    mv "$runtime.part" "$runtime"
  fi
  touch "$runtime"
}

slim_runtime() {
  cp -a --reflink=auto "$root/base" "$1"
  slim_tree "$1"
}

# slim_tree TREE: changes the directory
slim_tree() {
  local tree=$1 unit
  in_root "$tree" useradd -m -u 1000 -s /bin/bash alice
  in_root "$tree" useradd -m -u 1001 -s /bin/bash bob
  in_root "$tree" passwd -d root
  cd "$tree" || exit 1
  rm -rf usr/share/{doc,man,locale,zoneinfo,info,i18n,bash-completion,zsh,common-licenses,lintian,bug} \
    usr/share/perl* usr/lib/x86_64-linux-gnu/{gconv,perl*} usr/lib/udev/hwdb.* usr/lib/locale \
    usr/bin/perl* var/cache/* var/lib/apt/lists/* var/lib/dpkg/info var/log/* etc/udev/hwdb.* \
    usr/lib/systemd/boot usr/lib/systemd/catalog boot/* dev/* run/* tmp/*
  # The kernel mounts the root, a unit of ours the share: no generator but luod's has anything to find
  find usr/lib/systemd/system-generators -mindepth 1 ! -name 'luod*' -delete
  echo luod-vm >etc/hostname
  # One machine id for ever: no first boot
  echo 00000000000000000000000000000a55 >etc/machine-id
  : >etc/fstab
  for unit in "${masked_units[@]}"; do
    ln -sf /dev/null "etc/systemd/system/$unit"
  done
}
