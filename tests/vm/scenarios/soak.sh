# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Two live updates with random sessions, while luod and its clients are killed; fifty of them are bench/soak.sh.
# suites: -
# on demand: sid
# timeout: 300

. /rig/guest/soak.sh
soak_boots 2 medium 3
