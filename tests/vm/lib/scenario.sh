# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# One scenario, from its share to its verdict.

# setting FILE NAME DEFAULT: a scenario's wish from a line "# NAME: VALUE" of its head
setting() {
  local value
  value=$(sed -n "s/^# $2: *//p" "$1" | head -n 1)
  echo "${value:-$3}"
}

# wants_other_kernel FILE
wants_other_kernel() { [[ $(setting "$1" kernels '') == other ]]; }

# variants KIND WHAT: NAME on sid, NAME@SUITE elsewhere; WHAT is "suites" for those that run when nothing is named, "long"
# for those that --all adds, "on demand" for the others.
variants() {
  local file suite default=''
  [[ $2 != suites ]] || default=sid
  for file in "$vm_dir/$1"/*.sh; do
    [[ -e $file ]] || continue
    for suite in $(setting "$file" "$2" "$default"); do
      [[ $suite != - ]] || continue # on none of them
      file=${file##*/}
      if [[ $suite == sid ]]; then echo "${file%.sh}"; else echo "${file%.sh}@$suite"; fi
    done
  done
}

# scenario_suite NAME[@SUITE]
scenario_suite() { if [[ $1 == *@* ]]; then echo "${1##*@}"; else echo sid; fi; }

# Lines of the guest, under the scenario's name. Runs until the machine has ended and all was said.
speak() {
  local line
  while IFS= read -r line; do
    case $line in
      'ok - '*) line="ok - $name: ${line#ok - }" ;;
      'not ok - '*) bad=yes line="not ok - $name: ${line#not ok - }" ;;
    esac
    if [[ $kind == bench && $line != 'not ok'* ]]; then continue; fi
    echo "$line"
  done
}

run_scenario() {
  local kind=$1 name=$2 file=$vm_dir/$1/${2%@*}.sh dir pid limit began=$SECONDS status=0 bad='' machine
  dir=$(mktemp -d "${TMPDIR:-/tmp}/luod-vm-$name.XXXXXX")
  fill_share "$dir" "$file"
  echo "$debian_suite" >"$dir/suite"
  : >"$dir/out/tap"
  : >"$dir/out/table"
  : >"$dir/serial.log"
  limit=$(($(setting "$file" timeout 300) * ${LUOD_VM_PATIENCE:-1}))
  LUOD_VM_MEMORY=${LUOD_VM_MEMORY:-$(setting "$file" memory 2G)} machine_options "$dir"
  [[ $(setting "$file" reboots no) == yes ]] || machine+=(-no-reboot)
  timeout -k 5 "$limit" "${machine[@]}" -serial "file:$dir/serial.log" </dev/null >"$dir/qemu.log" 2>&1 &
  pid=$!
  if [[ -n $verbose ]]; then tail -n +1 -s 0.2 -f --pid="$pid" "$dir/serial.log" >&2 & fi
  if [[ $kind == bench ]]; then tail -n +1 -s 0.2 -f --pid="$pid" "$dir/out/table" & fi
  speak < <(tail -n +1 -s 0.2 -f --pid="$pid" "$dir/out/tap")
  wait "$pid" || status=$?
  if ((status == 124 || status == 137)); then
    speak <<<"not ok - hangs: ended after $limit s"
  elif ((status != 0)); then
    speak <<<"not ok - qemu ended with $status: $(tail -n 1 "$dir/qemu.log")"
  elif [[ ! -e $dir/out/complete ]] && [[ -z $bad ]]; then
    speak <<<"not ok - ended in boot $(cat "$dir/out/boot" 2>/dev/null || echo 1) before its end"
  fi
  wait
  if [[ -z $bad ]]; then
    say "$name: passed in $((SECONDS - began)) s"
    if [[ -n $keep ]]; then say "$name: logs in $dir"; else rm -rf "$dir"; fi
    return
  fi
  say "$name: failed after $((SECONDS - began)) s, logs in $dir; the last lines of the serial line:"
  tail -n 25 "$dir/serial.log" | tr -d '\r' | sed 's/^/#   /' >&2
}

# As many machines as the processors carry. Measurements want the host for themselves, and --verbose one reader.
find_jobs() {
  local cpus=1
  [[ $accelerator != kvm ]] || cpus=2
  jobs=${LUOD_VM_JOBS:-$(($(nproc) / ${LUOD_VM_CPUS:-$cpus}))}
  if ((jobs < 1)) || [[ $kind == bench || -n $verbose ]]; then jobs=1; fi
}

run_one() {
  local file=$vm_dir/$kind/${1%@*}.sh wish
  use_suite "$(scenario_suite "$1")"
  wish=$(extra_packages "$file")
  if wants_packages "$file"; then
    image=${packaged_images[$debian_suite]}
  elif [[ $wish ]]; then
    image=${extra_images["$debian_suite $wish"]}
  fi
  run_scenario "$kind" "$1"
}

# start NAME: what it says is kept until it has ended, unless it is alone
start() (
  # not `wait -n`: it forgets those that end before it is called
  trap 'echo "$1" >&"$ended"' EXIT
  if ((jobs == 1)); then
    run_one "$1" | tee "$reports/$1"
  else
    run_one "$1" >"$reports/$1"
  fi
)

# The next that ends. One that said nothing is a failure: what is not counted could not fail.
collect() {
  local name report
  read -r name <&"$ended"
  report=$reports/$name
  ((jobs == 1)) || cat "$report"
  grep -Eq '^(not )?ok ' "$report" || [[ $kind == bench && -s $report ]] ||
    echo "not ok - $name: the rig could not run it, or nothing was tested"
}

# run_all NAME...: none is begun any more after so many seconds ($within)
run_all() {
  local name reports ended running=0
  reports=$(mktemp -d "${TMPDIR:-/tmp}/luod-vm.XXXXXX")
  mkfifo "$reports/ended"
  exec {ended}<>"$reports/ended"
  for name; do
    if ((running == jobs)); then collect; else running=$((running + 1)); fi
    if [[ -z $within ]] || ((SECONDS < within)); then
      start "$name" &
    else
      running=$((running - 1))
      echo "ok - $name: # SKIP no time was left for it"
    fi
  done
  for (( ; running > 0; running--)); do collect; done
  exec {ended}>&-
  rm -r "$reports"
}

# The tests of all scenarios, counted in one row.
number_tests() {
  local line
  tests=0 failed=0
  while IFS= read -r line; do
    case $line in
      'ok - '*) tests=$((tests + 1)) line="ok $tests ${line#ok }" ;;
      'not ok - '*) tests=$((tests + 1)) failed=$((failed + 1)) line="not ok $tests ${line#not ok }" ;;
    esac
    echo "$line"
  done
}
