#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# scrub.sh NAME FILE...: writes the checksum of each file to /run/NAME/results, and goes on after a live update, or after it
# was killed, where it was.
#
#     systemd-run -p RuntimeDirectory=scrub -p RuntimeDirectoryPreserve=yes -p Restart=on-failure $PWD/scrub.sh scrub /srv/*
#
# Shows what luoctl alone can do: a live update waits for the end of a step (luoctl inhibit), and what was written so far,
# which lies in memory and would be gone, is kept in a session. The last thing in a step is to preserve it.
set -eu

step=''
if [ "$1" = --step ]; then
  step=yes
  shift
fi
name=$1
shift
results=${RUNTIME_DIRECTORY:-/run/$name}/results

there_is() { luoctl show "--$1" "$name" >/dev/null 2>&1; }

# The session holds what was preserved last. While there is none, the results still lie where they are written.
save() {
  ! there_is outgoing || luoctl --quiet discard --outgoing "$name"
  luoctl --quiet create "$name"
  luoctl --quiet preserve --outgoing "$name" results "$results" >/dev/null
}

if [ "$step" ]; then # under the lock
  line=$(sha256sum "$1")
  printf '%s\n' "$line" >>"$results"
  save
  exit
fi

# Finished only when the results are here: killed earlier, this is done again.
if there_is incoming; then
  luoctl --quiet retrieve --incoming --output "$results.new" "$name" results
  mv "$results.new" "$results"
  luoctl --quiet finish "$name"
fi
[ -e "$results" ] || : >"$results"

done=$(wc -l <"$results")
for file; do
  done=$((done - 1))
  [ "$done" -lt 0 ] || continue # it has its line
  # Exit status 5: a live update is about to happen, and we come too late to have it wait.
  until luoctl inhibit --mode=delay --who="scrub $name" --why='a step is under way' -- "$0" --step "$name" "$file"; do
    [ $? = 5 ] || exit 1
    sleep 1
  done
done
! there_is outgoing || luoctl --quiet discard --outgoing "$name" # the results stay where they are
