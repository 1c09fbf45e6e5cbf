#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# facts-test.sh LUO-SIM LUO-FACTS DIRECTORY: the simulator against what is recorded of Linux 7.3.
set -e
simulator=$1 facts=$2 directory=$3
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$simulator" --next "'$facts' after" -- sh -c "'$facts' before && '$simulator' ctl kexec" > "$output"
[ "$(wc -l < "$output")" -ge 100 ]
exec "$directory/compare-facts" "$directory/linux-7.3.facts" "$output" "$directory/known-differences"
