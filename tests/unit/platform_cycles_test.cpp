// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/cycles.hpp"
#include "platform/machine.hpp"

#include <gtest/gtest.h>
#include <thread>

using namespace luod::platform;

namespace {

constexpr CycleAnchor anchor{.cycles = 5'000'000'000, .wall = 1'000'000'000, .perSecond = 2'000'000'000};

TEST(Cycles, TellTheTimeThatPassedSinceTheAnchor) {
    // Three seconds on, where a wall clock set from one that counts seconds says two and a half.
    EXPECT_EQ(wallAt(anchor, 11'000'000'000, 1'002'500'000), 1'003'000'000u);
    EXPECT_EQ(wallAt(anchor, 11'000'000'000, 1'004'900'000), 1'003'000'000u);
}

TEST(Cycles, AreNotBelievedWhereTheyDisagreeWithTheWallClock) {
    EXPECT_EQ(wallAt(anchor, 11'000'000'000, 1'060'000'000), 1'060'000'000u); // they stood still
    EXPECT_EQ(wallAt(anchor, 1'000'000, 1'003'000'000), 1'003'000'000u);      // they were reset
    EXPECT_EQ(wallAt({}, 11'000'000'000, 1'003'000'000), 1'003'000'000u);     // nobody left an anchor
}

TEST(Cycles, AgreeWithTheClockHere) {
    CycleClock clock;
    if (cyclesNow() == 0)
        GTEST_SKIP() << "this architecture has no counter that programs may read";
    EXPECT_EQ(clock.anchor().cycles, 0u); // too early to tell the rate
    CycleAnchor now;
    while ((now = clock.anchor()).cycles == 0)
        std::this_thread::yield();
    auto told = wallAt(now, cyclesNow(), wallNow());
    EXPECT_NEAR(double(told), double(wallNow()), 50'000.0);
}

} // namespace
