# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# 1,000 memfds of 4 KiB through a live update by the ordinary shutdown: handed to luod, and put into systemd's own fd store by
# a service; beside the same kexec with neither. What systemd needs to hand them to the service again is not counted.
#   gap   from the command until the next kernel's first instant, by the host's clock (see update.sh)
# timeout: 900
# memory: 2G

now() { echo "${EPOCHREALTIME/./}"; }
clock_lead() {
  local here
  rm -f "$rig_out/now"
  here=$(now)
  : >"$rig_out/now"
  here=$(($(stat -c %.6Y "$rig_out/now" | tr -d .) - here))
  echo "$here"
}
kernel_began() {
  busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager KernelTimestamp |
    sed 's/^t //'
}
going() {
  sync
  echo "$* $(clock_lead) $(now)" >"$rig_out/going"
}
gap() {
  local how lead left
  read -r how lead left <"$rig_out/going"
  echo $((($(kernel_began) + $(clock_lead) - left - lead) / 1000))
}

without_luod() {
  systemctl mask -q --runtime --now luod-gate luod
  load_kernel
  leaving
  going "$1"
  systemctl kexec
  until_stopped
}

store_unit() {
  unit bench-store.service <<-END
	[Service]
	Type=oneshot
	RemainAfterExit=yes
	FileDescriptorStoreMax=1000
	FileDescriptorStorePreserve=yes
	NotifyAccess=all
	ExecStart=/bin/sh -c '/rig/bin/luo $* >/run/bench-store'
	END
}

boot_1() {
  wait_booted
  without_luod bare
}

boot_2() {
  local begin
  wait_booted
  row "neither: gap $(gap) ms"
  begin=$(now)
  load fill 1 1000 4096
  echo $((($(now) - begin) / 1000)) >"$rig_out/preserved"
  load_by_luod >/dev/null
  leaving
  going luod
  luoctl kexec
  until_stopped
}

boot_3() {
  local begin
  wait_booted
  begin=$(now)
  check 'all came back' load verify 1 1000 4096
  row "luod: preserved in $(<"$rig_out/preserved") ms, gap $(gap) ms, retrieved, compared and finished in $((($(now) - begin) / 1000)) ms"
  store_unit store 1000 4096
  systemctl start bench-store
  cp /run/bench-store "$rig_out/preserved"
  without_luod store
}

boot_4() {
  wait_booted
  store_unit stored 1000
  check 'all came back' systemctl start bench-store
  row "systemd's fd store: put in in $(<"$rig_out/preserved") ms, gap $(gap) ms"
}
