// SPDX-License-Identifier: LGPL-2.1-or-later
// Live updates that luod leads: nobody has asked for a shutdown yet.
#include "world.hpp"

namespace gate {
namespace {

using LuodLeads = World;

TEST_F(LuodLeads, TheShutdownIsAskedFor) {
    start();
    phase("prepared");
    settle();
    EXPECT_TRUE(locked());
    phase("leaving");
    ASSERT_TRUE(until([this] { return logind.called("RebootWithFlags"); }));
    EXPECT_EQ(rebootFlags & 2, 2u);
    EXPECT_FALSE(locked());
    EXPECT_TRUE(departing());

    shutdown(true, "kexec");
    settle();
    EXPECT_FALSE(luod.called("LiveUpdate")); // nobody is asked twice
    EXPECT_FALSE(luod.called("AbortLiveUpdate"));
}

TEST_F(LuodLeads, AShutdownThatComesToNothingIsAnAbort) {
    start();
    phase("leaving");
    ASSERT_TRUE(until([this] { return logind.called("RebootWithFlags"); }));
    shutdown(true, "kexec");
    shutdown(false, "kexec");
    ASSERT_TRUE(until([this] { return luod.called("AbortLiveUpdate"); }));
    EXPECT_EQ(abortedBecause, "the shutdown into the next kernel came to nothing");
    EXPECT_TRUE(until([this] { return locked(); }));
    EXPECT_FALSE(departing());
}

TEST_F(LuodLeads, ARefusalIsAnAbort) {
    logind.refuse("RebootWithFlags", "org.freedesktop.login1.BlockedByInhibitorLock", "apt is at work");
    start();
    phase("leaving");
    ASSERT_TRUE(until([this] { return luod.called("AbortLiveUpdate"); }));
    EXPECT_NE(abortedBecause.find("apt is at work"), std::string::npos) << abortedBecause;
    EXPECT_TRUE(until([this] { return locked(); }));
    EXPECT_FALSE(departing());
}

TEST_F(LuodLeads, WithoutLogindTheTargetIsStarted) {
    logind.go();
    start();
    phase("leaving");
    ASSERT_TRUE(until([this] { return !started.empty(); }));
    EXPECT_EQ(started, std::vector<std::string>{"kexec.target replace-irreversibly"});
    EXPECT_TRUE(departing());
}

TEST_F(LuodLeads, DirectlyItNeedsNoHelp) {
    start();
    phase("leaving", "direct");
    settle();
    EXPECT_TRUE(locked());
    EXPECT_FALSE(logind.called("RebootWithFlags"));
}

TEST_F(LuodLeads, AGateThatComesLaterGoesOn) {
    luod.property("Phase", "s", "leaving");
    luod.property("UpdateMode", "s", "systemd");
    start();
    EXPECT_TRUE(until([this] { return logind.called("RebootWithFlags"); }));
}

TEST_F(LuodLeads, ALuodThatComesLaterIsSeen) {
    luod.go();
    start();
    luod.property("Phase", "s", "leaving");
    luod.property("UpdateMode", "s", "systemd");
    luod.come();
    EXPECT_TRUE(until([this] { return logind.called("RebootWithFlags"); }));
}

} // namespace
} // namespace gate
