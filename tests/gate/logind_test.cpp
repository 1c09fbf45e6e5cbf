// SPDX-License-Identifier: LGPL-2.1-or-later
// Shutdowns that logind announces.
#include "world.hpp"

#include <fstream>

namespace gate {
namespace {

using LogindShutdown = World;

TEST_F(LogindShutdown, WaitsForTheClientsAndThenGoesOn) {
    start();
    EXPECT_TRUE(locked());
    shutdown(true, "kexec");
    ASSERT_TRUE(until([this] { return luod.called("LiveUpdate"); }));
    EXPECT_EQ(asked.words["mode"], "systemd");
    EXPECT_TRUE(asked.shutdownAsked);
    EXPECT_LE(asked.deadline, 59'000'000u); // of logind's minute, and some for the check
    EXPECT_GE(asked.deadline, 50'000'000u);
    for (const char* step : {"checking", "preparing", "prepared"}) {
        phase(step);
        settle();
        EXPECT_TRUE(locked()) << step;
        EXPECT_FALSE(departing());
    }
    phase("leaving");
    EXPECT_TRUE(until([this] { return !locked(); }));
    EXPECT_TRUE(departing());
    EXPECT_EQ(luod.times("LiveUpdate"), 1u);
    EXPECT_FALSE(systemd.called("MaskUnitFiles"));
    EXPECT_FALSE(logind.called("RebootWithFlags")); // it is under way
}

TEST_F(LogindShutdown, OtherKindsGoOnAtOnce) {
    start();
    shutdown(true, "poweroff");
    EXPECT_TRUE(until([this] { return !locked(); }));
    EXPECT_FALSE(departing());
    shutdown(false, "poweroff");
    EXPECT_TRUE(until([this] { return locked(); })); // for the next one
    EXPECT_TRUE(luod.calls.empty());
}

TEST_F(LogindShutdown, WithNothingAtStakeNobodyIsAsked) {
    holding(0, false);
    start();
    shutdown(true, "kexec");
    EXPECT_TRUE(until([this] { return !locked(); }));
    EXPECT_FALSE(luod.called("LiveUpdate"));
    EXPECT_FALSE(departing());
}

TEST_F(LogindShutdown, AClientAloneIsAskedToo) {
    holding(0, true);
    start();
    shutdown(true, "kexec");
    EXPECT_TRUE(until([this] { return luod.called("LiveUpdate"); }));
    EXPECT_TRUE(locked());
}

TEST_F(LogindShutdown, AnUpdateThatIsUnderWayIsWaitedFor) {
    start();
    phase("preparing");
    settle();
    shutdown(true, "kexec");
    settle();
    EXPECT_TRUE(locked());
    EXPECT_FALSE(luod.called("LiveUpdate"));
    phase("leaving");
    EXPECT_TRUE(until([this] { return !locked(); }));
    EXPECT_FALSE(logind.called("RebootWithFlags"));
}

TEST_F(LogindShutdown, WithoutLuodItGoesOnWithAWarning) {
    luod.go();
    start();
    shutdown(true, "kexec");
    EXPECT_TRUE(until([this] { return !locked(); }));
    terminate();
    EXPECT_EQ(end(), 0);
    EXPECT_NE(said().find("<4>luod is not running"), std::string::npos) << said();
}

TEST_F(LogindShutdown, ALuodThatRunsAndIsNotOnTheBusStopsIt) {
    luod.go();
    systemd.property("ActiveState", "s", "activating");
    start();
    shutdown(true, "kexec");
    EXPECT_TRUE(until([this] { return !locked(); }));
    EXPECT_EQ(kexecState, "masked");
}

TEST_F(LogindShutdown, ComingBackLuodGoesOn) {
    start();
    shutdown(true, "kexec");
    ASSERT_TRUE(until([this] { return luod.called("LiveUpdate"); }));
    phase("preparing");
    luod.go();
    settle();
    EXPECT_TRUE(locked());
    luod.property("Phase", "s", "preparing");
    luod.come();
    settle();
    EXPECT_TRUE(locked());
    phase("leaving");
    EXPECT_TRUE(until([this] { return !locked(); }));
    EXPECT_FALSE(systemd.called("MaskUnitFiles"));
}

// What logind before 255 says, and what may stand in the way of taking it for a kexec.
struct Older {
    const char *loaded, *scheduled;
    bool kexec;
};
class OlderLogind : public World, public testing::WithParamInterface<Older> {};

TEST_P(OlderLogind, IsUnderstoodByWhatIsLoadedAndScheduled) {
    root.write("sys/kernel/kexec_loaded", GetParam().loaded);
    logind.property("ScheduledShutdown", "(st)", GetParam().scheduled, std::uint64_t(0));
    start();
    shutdown(true, nullptr);
    if (GetParam().kexec)
        EXPECT_TRUE(until([this] { return luod.called("LiveUpdate"); }));
    else
        EXPECT_TRUE(until([this] { return !locked(); }));
    EXPECT_EQ(luod.called("LiveUpdate"), GetParam().kexec);
}
INSTANTIATE_TEST_SUITE_P(All, OlderLogind,
                         testing::Values(Older{"1\n", "", true}, Older{"1\n", "reboot", true},
                                         Older{"1\n", "poweroff", false}, Older{"0\n", "", false}, Older{"", "", false}));

TEST_F(LogindShutdown, ALogindThatComesLaterIsGivenALock) {
    logind.go();
    start();
    EXPECT_FALSE(locked());
    logind.come();
    EXPECT_TRUE(until([this] { return locked(); }));
}

} // namespace
} // namespace gate
