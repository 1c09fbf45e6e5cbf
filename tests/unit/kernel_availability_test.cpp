// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/availability.hpp"

#include <cerrno>
#include <gtest/gtest.h>

using luod::kernel::judge;
using luod::kernel::probe;

namespace {

bool says(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST(Availability, OpenAndBusyAreAvailable) {
    for (int err : {0, EBUSY}) {
        auto verdict = judge(err, "");
        EXPECT_TRUE(verdict.available);
        EXPECT_EQ(verdict.reason, "");
        EXPECT_FALSE(verdict.unreadable);
    }
}

TEST(Availability, WithoutADeviceTheCommandLineSaysWhy) {
    for (int err : {ENOENT, ENXIO, ENODEV}) {
        EXPECT_FALSE(judge(err, "").available);
        EXPECT_TRUE(says(judge(err, "root=/dev/vda quiet\n").reason, "add liveupdate=on and kho=on"));
        EXPECT_TRUE(says(judge(err, "kho=on liveupdate=off").reason, "add liveupdate=on"));
        EXPECT_TRUE(says(judge(err, "liveupdate=1 kho=off").reason, "change that to kho=on"));
        EXPECT_TRUE(says(judge(err, "liveupdate=on\n").reason, "add kho=on"));
        EXPECT_TRUE(says(judge(err, "kho=y liveupdate=on").reason, "CONFIG_LIVEUPDATE"));
        EXPECT_FALSE(says(judge(err, "kho=y liveupdate=on").reason, "add kho=on"));
    }
}

TEST(Availability, TheLastWordOnTheCommandLineCounts) {
    EXPECT_TRUE(says(judge(ENOENT, "liveupdate=on liveupdate=off").reason, "add liveupdate=on"));
    EXPECT_TRUE(says(judge(ENOENT, "kho=on -- liveupdate=on").reason, "add liveupdate=on"));
    EXPECT_TRUE(says(judge(ENOENT, "kho=on xliveupdate=on").reason, "add liveupdate=on"));
}

TEST(Availability, OnlyEioIsUnreadable) {
    EXPECT_TRUE(judge(EIO, "").unreadable);
    EXPECT_FALSE(judge(EIO, "").available);
    EXPECT_FALSE(judge(EACCES, "").unreadable);
    EXPECT_TRUE(says(judge(EACCES, "").reason, "may not open"));
    EXPECT_TRUE(says(judge(EMFILE, "").reason, "Too many open files"));
}

TEST(Availability, ProbesTheDevice) {
    EXPECT_TRUE(probe("/dev/null").available);
    EXPECT_TRUE(says(probe("/nonexistent", "/dev/null").reason, "liveupdate=on"));
    EXPECT_FALSE(probe("/nonexistent", "/nonexistent").available);
}

} // namespace
