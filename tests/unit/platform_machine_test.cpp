// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/machine.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <string>

using namespace luod::platform;

namespace {

std::string lineOf(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

TEST(Machine, ThisBootAndThisKernel) {
    EXPECT_EQ(bootId(), lineOf("/proc/sys/kernel/random/boot_id"));
    EXPECT_EQ(bootId().size(), 36u);
    EXPECT_EQ(kernelRelease(), lineOf("/proc/sys/kernel/osrelease"));
    EXPECT_EQ(kernelCommandLine(), lineOf("/proc/cmdline"));
}

TEST(Machine, MemoryIsSomeAndNotMoreThanThereIs) {
    auto total = std::stoull(lineOf("/proc/meminfo").substr(9)) << 10;
    EXPECT_GT(memoryAvailable(), 1u << 20);
    EXPECT_LE(memoryAvailable(), total);
}

TEST(Machine, ClocksGoOn) {
    auto before = monotonicNow();
    EXPECT_GE(monotonicNow(), before);
    EXPECT_GT(wallNow(), 1'700'000'000'000'000u);
}

TEST(Machine, UuidsAreNewEachTime) {
    EXPECT_EQ(newUuid().size(), 36u);
    EXPECT_NE(newUuid(), newUuid());
}

} // namespace
