# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What a scenario can say. Everything here runs in the guest as root. The share /rig is the host's
# directory: what is written to /rig/out is there at once, whatever happens to the guest next.

PATH=/rig/bin:/usr/sbin:/usr/bin
rig_out=/rig/out
# shellcheck disable=SC2034 # for scenarios
suite=$(cat /rig/suite 2>/dev/null) # the Debian that this is
: "${boot:=$(cat $rig_out/boot 2>/dev/null)}"

tap() { printf '%s\n' "$*" >>"$rig_out/tap"; }
note() { tap "# $*"; }
fail() { tap "not ok - $*"; }
pass() { tap "ok - $*"; }
# row COLUMN...: one line of a benchmark's table, straight to the standard output of `run --bench`
row() { printf '%s\n' "$*" >>"$rig_out/table"; }

# check DESCRIPTION COMMAND...: one test. Its output is shown when it fails.
check() {
  local description=$1 said status=0
  shift
  said=$("$@" 2>&1) || status=$?
  if ((status == 0)); then
    pass "$description"
  else
    fail "$description"
    note "boot $boot: $* = $status"
    [[ -z $said ]] || sed 's/^/#   /' <<<"$said" >>"$rig_out/tap"
  fi
}

# check_fails DESCRIPTION PATTERN COMMAND...: the command must fail, and say PATTERN (may be empty)
check_fails() {
  local description=$1 pattern=$2
  shift 2
  check "$description" fails_with "$pattern" "$@"
}

fails_with() {
  local pattern=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "succeeded: $said"
    return 1
  fi
  echo "$said"
  grep -qE -e "$pattern" <<<"$said"
}

# exits DESCRIPTION STATUS PATTERN COMMAND...: the command must end with that status, and say PATTERN (may be empty)
exits() {
  local description=$1 status=$2 pattern=$3
  shift 3
  check "$description" ends_with "$status" "$pattern" "$@"
}

ends_with() {
  local wanted=$1 pattern=$2 said status=0
  shift 2
  said=$("$@" 2>&1) || status=$?
  ((status == wanted)) && grep -qE -e "$pattern" <<<"$said" && return
  echo "status $status, wanted $wanted; said:"
  echo "$said"
  return 1
}

# is DESCRIPTION WANTED COMMAND...: the command's output must be WANTED
is() {
  local description=$1 wanted=$2
  shift 2
  check "$description" says "$wanted" "$@"
}

says() {
  local wanted=$1 said status=0
  shift
  said=$("$@" 2>&1) || status=$?
  ((status == 0)) && [[ $said == "$wanted" ]] && return
  echo "status $status, said '$said', wanted '$wanted'"
  return 1
}

as_user() {
  local user=$1
  shift
  runuser -u "$user" -- "$@"
}

# unit NAME < TEXT: writes a unit, or a drop-in as UNIT.d/NAME.conf, and makes it known
unit() {
  local file=/etc/systemd/system/$1
  mkdir -p "${file%/*}"
  cat >"$file"
  systemctl daemon-reload
}

systemd_version() { systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p'; }

# How many kexecs systemd knows of: "u 1". Version 261 and later.
kexec_count() {
  busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager KExecCount
}

wait_booted() { systemctl is-system-running --wait >/dev/null || :; }

# A journal line that is there or will come: wait_journal UNIT PATTERN
wait_journal() { until journalctl -b -o cat -u "$1" | grep -E -e "$2"; do sleep 0.1; done; }

# make_vfio_cdev [edu|rng]: gives the emulated device to vfio-pci, echoes its character device
make_vfio_cdev() {
  local id device
  case ${1:-edu} in
    edu) id=0x1234:0x11e8 ;;
    rng) id=0x1af4:0x1044 ;;
    *) return 2 ;;
  esac
  for device in /sys/bus/pci/devices/*; do
    [[ $(<"$device/vendor"):$(<"$device/device") == "$id" ]] || continue
    if [[ ! -d $device/vfio-dev ]]; then
      echo vfio-pci >"$device/driver_override"
      [[ ! -e $device/driver ]] || echo "${device##*/}" >"$device/driver/unbind"
      echo "${device##*/}" >/sys/bus/pci/drivers_probe
    fi
    set -- "$device"/vfio-dev/*
    set -- /dev/vfio/devices/*"${1##*/}"
    luo wait "$1" && echo "$1"
    return
  done
  echo "no device $id" >&2
  return 1
}

# What scenarios ask luod

# alice may create sessions, bob may not
allow_alice() {
  wait_booted
  usermod -aG luod alice
  systemctl reload luod
}

# "NAME DIRECTION STATE FILES" of each session
list_words() { luoctl list --no-legend | awk '{print $1, $3, $4, $5}'; }
# "done 1": the last handover, and the number of live updates
handover() { echo "$(luoctl status -P LastHandover) $(luoctl status -P LiveUpdates)"; }

# Live updates led by luod

# load_by_luod [WORD...]: the running kernel once more, with its own command line and these words
# shellcheck disable=SC2120
load_by_luod() { luoctl load "/boot/vmlinuz-$(uname -r)" --reuse-cmdline ${*:+--append "$*"}; }

# other_kernel: puts the kernel with another handover version in its place, and echoes where that is
other_kernel() {
  cp /rig/other/vmlinuz-* /rig/other/config-* /boot/
  echo "/boot/vmlinuz-$(cat /rig/other/release)"
}

# install_late_handler: /dev/luo-late, whose handler is a module of this kernel, and luod told of it
install_late_handler() {
  install -D -t "/lib/modules/$(uname -r)/extra" /rig/modules/luo_late.ko
  depmod
  modprobe luo_late
  mkdir -p /etc/luod/luod.conf.d
  printf '[Update]\nModules=luo_late\n' >/etc/luod/luod.conf.d/late.conf
  systemctl reload luod
}

mask_generator() {
  mkdir -p /etc/systemd/system-generators
  ln -s /dev/null /etc/systemd/system-generators/luod-modules-generator
}

# client NAME SECONDS: a service with a delay lock that needs so long to get ready. Back when it has the lock.
client() {
  systemd-run -q --unit "client-$1" --collect --service-type=exec luoctl inhibit --mode=delay --who "$1" --why 'a scenario' -- \
    /bin/bash -c 'grep -qm1 PrepareForLiveUpdate < <(busctl monitor --match "type=signal,member=PrepareForLiveUpdate")
      touch "/run/asked-$0"; exec sleep "$1"' "$1" "$2"
  until luoctl list-inhibitors --no-legend | grep -q "^$1 "; do systemctl is-active -q "client-$1" || return; done
}
# Who was asked so far
asked() { find /run -maxdepth 1 -name 'asked-*' -printf '%f\n' | sort | sed 's/asked-//' | xargs; }
# report_words WHAT: the subjects of these moments in the last report
report_words() { luoctl report --json=short | tr '{' '\n' | sed -n "s/.*\"what\":\"$1\".*\"subject\":\"\([^\"]*\)\".*/\1/p" | sort | xargs; }

# report_says PATTERN: in the last report, for people
report_says() { luoctl report | grep -qE -e "$1"; }

# Going over. None of these returns.

# load_kernel [WORD...]: kexec_file_load of the running kernel, with its own command line and these words
# shellcheck disable=SC2120
load_kernel() {
  kexec -s -l "/boot/vmlinuz-$(uname -r)" --command-line="$(sed 's/ *$//' /proc/cmdline)${*:+ $*}"
}

leaving() {
  touch "$rig_out/crossing"
  save_journal
}

# the journal lies in memory: what luod said before the kexec is looked at by the host
save_journal() {
  journalctl --sync
  cp /run/log/journal/*/system.journal "$rig_out/boot-$boot.journal" || :
}

kexec_direct() {
  (($(</sys/kernel/kexec_loaded))) || load_kernel
  leaving
  luo reboot kexec
}

kexec_systemd() {
  if systemctl is-active -q luod; then load_by_luod; else load_kernel; fi
  leaving
  systemctl kexec
  until_stopped
}

# From which on sessions survive the shutdown
# shellcheck disable=SC2034 # for scenarios
systemd_that_carries=255

# crossing COMMAND...: any other way of going over, such as luod's own
crossing() {
  leaving
  "$@"
  until_stopped
}

# the shutdown stops this service with the others
until_stopped() { exec sleep infinity; }

# Only for scenarios that say "# reboots: yes", or the machine ends with it
reboot_cold() {
  leaving
  luo reboot restart
}

power_off() {
  save_journal
  luo reboot off
}
