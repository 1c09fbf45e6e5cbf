// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scenario_test.hpp"

SCENARIO_TEST(BadInput, wrongSizes)
SCENARIO_TEST(BadInput, longerStructsWithZeroesAreWelcome)
SCENARIO_TEST(BadInput, enormousSizesAreRefused)
SCENARIO_TEST(BadInput, badPointers)
SCENARIO_TEST(BadInput, readOnlyMemoryLeavesNothingBehind)
SCENARIO_TEST(BadInput, preserveIntoReadOnlyMemoryStays)
SCENARIO_TEST(BadInput, unknownNumbers)
SCENARIO_TEST(BadInput, otherFilesAreNotSessions)
SCENARIO_TEST(BadInput, badNames)
SCENARIO_TEST(BadInput, badFilesToPreserve)
SCENARIO_TEST(BadInput, badImages)
SCENARIO_TEST(BadInput, badReboots)
SCENARIO_TEST(BadInput, noDescriptorLeft)
SCENARIO_TEST(BadInput, readingASessionDoesNotHang)
