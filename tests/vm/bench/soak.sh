# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Fifty live updates in a row with 1 to 300 sessions and up to 2,000 files of 0 B to 64 MiB, each byte of which is compared after
# each, while luod and its clients are killed. A row an update: its number and mode; luod's fds, resident memory (KiB), the ledger's
# pages (KiB) and the file of reports (bytes), each where luod holds no session and was just restarted; what came back.
# LUOD_VM_APPEND=soak.seed=N repeats one.
# timeout: 14400
# memory: 2G

. /rig/guest/soak.sh
soak_boots 50 large 3
