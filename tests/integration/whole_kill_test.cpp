// SPDX-License-Identifier: LGPL-2.1-or-later

// luod is killed at every call of the kernel's live update and at every write to its ledger of a whole life (whole_life.hpp),
// restarted, and held against what its clients had been told.

#include "client.hpp"
#include "whole_life.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace luod::tests {
namespace {

// Undisturbed: the steps that no complaint would tell of.
TEST(WholeLife, HasAllItsSteps) {
    const Play play = wholeLife();
    World world({.config = play.config});
    EXPECT_THAT(play.live(world), testing::IsEmpty());
    EXPECT_EQ(Client(world).status().liveUpdates, 2u);
    EXPECT_THAT(world.luod().log(), testing::AllOf(testing::HasSubstr("is over: aborted: not today"),
                                                   testing::HasSubstr("2 sessions with 3 files came over"))); // one carried
}

TEST(WholeLife, AtEveryCall) { killAtEveryCall(wholeLife(), 100); }
TEST(WholeLife, AtEveryLedgerWrite) { killAtLedgerWrites(wholeLife(), 50); }
TEST(WholeLife, AtWritesAndMessages) { killAtWritesAndMessages(wholeLife(), 300, 100); }

} // namespace
} // namespace luod::tests
