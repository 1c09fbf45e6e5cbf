// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/image_words.hpp"

#include <cerrno>
#include <gtest/gtest.h>

using namespace luod::core;

namespace {

TEST(TargetCommandLine, GetsTheUuidAndTheSwitches) {
    EXPECT_EQ(targetCommandLine("root=/dev/vda rw", "u1", false), "root=/dev/vda rw kho=on liveupdate=on luod.update=u1");
    EXPECT_EQ(targetCommandLine("", "u1", false), "kho=on liveupdate=on luod.update=u1");
}

TEST(TargetCommandLine, LeavesAloneWhatIsSaid) {
    EXPECT_EQ(targetCommandLine("kho=off liveupdate=on", "u1", false), "kho=off liveupdate=on luod.update=u1");
    EXPECT_EQ(targetCommandLine("quiet", "u1", true), "quiet luod.update=u1");
}

TEST(TargetCommandLine, ReplacesAnOldUuidWhereverItStands) {
    EXPECT_EQ(targetCommandLine("luod.update=old a luod.update=older", "new", true), "a luod.update=new");
}

TEST(TargetCommandLine, WhatIsForInitStaysBehindTheDashes) {
    EXPECT_EQ(targetCommandLine("a -- kho=off", "u1", false), "a kho=on liveupdate=on luod.update=u1 -- kho=off");
    EXPECT_EQ(updateOnCommandLine("a -- luod.update=u1"), "");
}

TEST(TargetCommandLine, QuotesHoldTogether) {
    EXPECT_EQ(targetCommandLine("dyndbg=\"file x +p; kho=on\"", "u1", false),
              "dyndbg=\"file x +p; kho=on\" kho=on liveupdate=on luod.update=u1");
}

TEST(TargetCommandLine, TheLastUuidCounts) {
    EXPECT_EQ(updateOnCommandLine("luod.update=a b luod.update=c\n"), "c");
    EXPECT_EQ(updateOnCommandLine("xluod.update=a luod.updates=b"), "");
}

TEST(LoadRefused, TooLargeNamesTheParameterAndASize) {
    Error why = loadRefused(EADDRNOTAVAIL, {.kernelBytes = 60 << 20, .initrdBytes = 100 << 20,
                                            .runningCommandLine = "kho=on kho_scratch=16M,16M,16M"});
    EXPECT_EQ(why.code, Errc::KernelRefused);
    EXPECT_NE(why.words.find("kho_scratch=16M,16M,16M"), std::string::npos) << why.words;
    EXPECT_NE(why.words.find("160 MiB"), std::string::npos) << why.words;
    EXPECT_NE(why.words.find("kho_scratch=256M,256M,256M"), std::string::npos) << why.words;
}

TEST(LoadRefused, EachCauseHasItsOwnWords) {
    struct {
        int err;
        bool lockdown;
        const char* says;
    } rows[] = {{ENOEXEC, false, "not a kernel"}, {ENOKEY, false, "signature"},      {EKEYREJECTED, false, "signature"},
                {EPERM, true, "locked down"},     {EPERM, false, "CAP_SYS_BOOT"},    {EBUSY, false, "another program"},
                {ENOMEM, false, "memory"},        {EINVAL, false, "command line"},   {ETXTBSY, false, "writing"},
                {ENOSYS, false, "CONFIG_KEXEC_FILE"}, {EACCES, false, "security module"}, {EIO, false, "Input/output"}};
    for (const auto& row : rows)
        EXPECT_NE(loadRefused(row.err, {.lockdown = row.lockdown}).words.find(row.says), std::string::npos) << row.err;
}

TEST(LeaveRefused, SaysThatEverythingRunsOn) {
    for (int err : {EINVAL, EPERM, EBUSY, EIO}) {
        EXPECT_NE(leaveRefused(err).words.find("everything runs on"), std::string::npos);
        EXPECT_EQ(leaveRefused(err).err, err);
    }
    EXPECT_NE(leaveRefused(EINVAL).words.find("luoctl load"), std::string::npos);
}

} // namespace
