// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scenario_test.hpp"

SCENARIO_TEST(Crowds, signalsRepeatNothing)
SCENARIO_TEST(Crowds, signalsLoseNothing)
SCENARIO_TEST(Crowds, tenThousandSessions)
SCENARIO_TEST(Crowds, nothingLeaks)
