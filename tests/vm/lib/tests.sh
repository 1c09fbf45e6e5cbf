# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# luod's own tests in the build root of a Debian with another sdbus-c++ and libsystemd than the machine's. No machine is
# booted: what they need of one (a bus, a service manager, a kernel) they bring along.

# Run inside of the build root. meson builds what the named tests need, and nothing else.
# shellcheck disable=SC2016
inside_tests='
  [ -e /out/tests/build.ninja ] || meson setup -Dtests=enabled /out/tests /src
  rm -rf /out/results /out/tests/meson-logs/testlog.json
  mkdir -p /out/results/gtest
  GTEST_OUTPUT=xml:/out/results/gtest/ nice -n 5 meson test -C /out/tests --print-errorlogs $TESTS || :
  mv /out/tests/meson-logs/testlog.json /out/results/meson.json
'

# run_tests RESULTS NAME...: leaves in the directory RESULTS what tests/tally counts
run_tests() {
  local results=$1
  shift
  need_root 'running tests in the root'
  mkdir -p "$luod_out"
  logged "tests-${luod_out##*/}" inside_out "TESTS=$*" "$inside_tests"
  rm -rf "$results"
  cp -r "$luod_out/results" "$results"
}
