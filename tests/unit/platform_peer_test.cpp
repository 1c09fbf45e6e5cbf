// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/peer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

using namespace luod::platform;

namespace {

TEST(Peer, AUnitIsANameOrNothing) {
    EXPECT_EQ(unitOf(0), "");
    EXPECT_EQ(unitOf(-1), "");
    EXPECT_EQ(unitOf(0x7ffffffe), ""); // beyond any pid
    std::string own = unitOf(::getpid());
    EXPECT_TRUE(own.empty() || own.find('.') != own.npos) << own;
}

TEST(Peer, AServiceIsAUnitThatNobodyElseCanTake) {
    for (pid_t nobody : {0, -1, 0x7ffffffe})
        EXPECT_EQ(serviceOf(nobody), "");
    std::string own = serviceOf(::getpid());
    EXPECT_TRUE(own.empty() || own.ends_with(".service")) << own;
}

} // namespace
