// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scenario_test.hpp"

SCENARIO_TEST(Sharing, dupHoldsASession)
SCENARIO_TEST(Sharing, forkHoldsASession)
SCENARIO_TEST(Sharing, theDeviceClosesWithItsLastHolder)
SCENARIO_TEST(Sharing, sessionsTravelThroughSockets)
SCENARIO_TEST(Sharing, preservedFilesMayComeFromElsewhere)
SCENARIO_TEST(Sharing, numbersOfOtherProcessesMeanNothing)
SCENARIO_TEST(Sharing, threadsMayHaveTheirOwnTables)
SCENARIO_TEST(Sharing, threadsCallAtOnce)
SCENARIO_TEST(Sharing, execHandsOn)
SCENARIO_TEST(Sharing, theLinkOfASessionTellsItsName)
SCENARIO_TEST(Sharing, theNodeCanBeSeen)
