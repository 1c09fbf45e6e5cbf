// SPDX-License-Identifier: LGPL-2.1-or-later

// luod is killed at every single call that it makes of the kernel's live update: before it, after it, and twice in a
// row, the second time at whatever call follows. And at everything else that it does to the world: at each write to its
// ledger, each message to the service manager and to the bus. Nothing that the client was told of may be lost.

#include "kills.hpp"
#include "script.hpp"

#include <gtest/gtest.h>

namespace luod::tests {
namespace {

class Kill : public testing::TestWithParam<Crossing> {
protected:
    Play play{[](World& world) { return Script(world, GetParam()).run(); }};
};
INSTANTIATE_TEST_SUITE_P(Crossing, Kill, testing::Values(Crossing::Carried, Crossing::Direct),
                         [](const auto& info) { return info.param == Crossing::Direct ? "Direct" : "Carried"; });

TEST_P(Kill, AtEveryCall) { killAtEveryCall(play, 50); }
TEST_P(Kill, AtEveryWriteAndMessage) { killAtWritesAndMessages(play, 100, 40); }

} // namespace
} // namespace luod::tests
