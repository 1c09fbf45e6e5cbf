# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Guests in the machine, for scenarios: the distribution's QEMU under luo-qemu@.service, with the guest of tests/qemu/guest in it.

guests_dir=/var/lib/guests
filled=8 # MiB, whatever size the guest has

# guest NAME SIZE [q35]: its configuration and its disk, on an IDE bus; q35 has none of its own
guest() {
  local name=$1 size=$2 machine=pc bus=ide
  [[ ${3:-pc} == pc ]] || machine='q35 -device piix3-ide,id=old' bus=old
  mkdir -p $guests_dir /etc/luod/qemu
  cp /rig/guest.elf $guests_dir/
  truncate -s 1M "$guests_dir/$name.disk"
  cat >"/etc/luod/qemu/$name.conf" <<-END
	[Command]
	qemu-system-x86_64 -machine $machine -accel tcg,tb-size=16 -m $size -nodefaults -display none
	-kernel $guests_dir/guest.elf -append fill=$filled
	-drive file=$guests_dir/$name.disk,format=raw,if=none,id=disk -device ide-hd,drive=disk,bus=$bus.0
	-chardev socket,id=line,path=/run/$name.line,server=on,wait=off,logfile=/run/$name.said -serial chardev:line
	END
}

# guest_says NAME LETTER
guest_says() { inner ask "/run/$1.line" "$2"; }

# Until then it hears nothing
wait_guest_booted() {
  luo wait "/run/$1.said"
  grep -qm1 'guest runs' < <(tail -n +1 -f "/run/$1.said" || :) # which it ends
}

# wait_guest NAME STATUS: until luo-qemu tells systemd so
wait_guest() {
  until [[ $(systemctl show -P StatusText "luo-qemu@$1") == *"$2"* ]]; do
    [[ $(systemctl is-active "luo-qemu@$1") != failed ]] || return
    sleep 0.2
  done
}
wait_covered() { wait_guest "$1" 'preserved for a live update'; }

# remember NAME: what must not change, or only grow
remember() {
  local letter
  for letter in b s m t d c; do guest_says "$1" $letter; done | xargs >"$rig_out/guest-$1"
}

# lived_on NAME: one test for each thing that it can lose
lived_on() {
  local name=$1 started sum memory ticks disk counter now
  read -r started sum memory ticks disk counter <"$rig_out/guest-$name"
  is "$name: it was not started anew" "$started" guest_says "$name" b
  is "$name: its memory is what it was" "$sum $memory" echo "$(guest_says "$name" s) $(guest_says "$name" m)"
  check "$name: its clock goes on" grown "$ticks" "$(guest_says "$name" t)"
  now=$(guest_says "$name" c)
  check "$name: its counter goes on" grown "$counter" "$now"
  check "$name: and on" grown "$now" "$(guest_says "$name" c)"
  is "$name: memory and processor are of one moment" 0 guest_says "$name" w
  now=$(guest_says "$name" d)
  check "$name: it writes on" grown "$disk" "$now"
  check "$name: its disk has no hole" inner disk "$guests_dir/$name.disk" "$now"
}

grown() {
  echo "$1 before, $2 now"
  (($2 > $1))
}

# qemu_of NAME: its process
qemu_of() {
  local pid
  pid=$(systemctl show -P MainPID "luo-qemu@$1")
  xargs <"/proc/$pid/task/$pid/children"
}

# All of a scenario's guests, as services that the next kernel starts as well

names=(small medium large)

three_guests() {
  guest small 16M
  guest medium 64M
  guest large 160M q35
  guests_booted
}

guests_booted() {
  local name
  systemctl enable -q --now "${names[@]/#/luo-qemu@}"
  for name in "${names[@]}"; do check "$name has booted" wait_guest_booted "$name"; done
}

guests_ready() {
  local name
  for name in "${names[@]}"; do
    check "$name is ready for a live update" wait_covered "$name"
    remember "$name"
  done
}

# guests_lived_on UPDATES
guests_lived_on() {
  local name
  is 'the handover is known' "done $1" handover
  check 'the services brought them back' systemctl is-active "${names[@]/#/luo-qemu@}"
  is 'their sessions are finished' '' incoming
  for name in "${names[@]}"; do
    lived_on "$name"
    check "$name: how long it stood still is in the report" report_says "^ *$name: running "
  done
  luoctl report >"$rig_out/report-$1"
  luoctl report --svg >"$rig_out/report-$1.svg"
}

incoming() { list_words | grep incoming || :; }
