// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/peer.hpp"

#include <fstream>
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

TEST(Peer, ThisBootAndThisKernel) {
    std::string line;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id") >> std::ws, line);
    EXPECT_EQ(bootId(), line);
    EXPECT_EQ(bootId().size(), 36u);
    std::getline(std::ifstream("/proc/sys/kernel/osrelease") >> std::ws, line);
    EXPECT_EQ(kernelRelease(), line);
}

} // namespace
