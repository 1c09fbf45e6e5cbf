// SPDX-License-Identifier: LGPL-2.1-or-later
// Shutdowns that must not happen.
#include "world.hpp"

#include <fstream>

namespace gate {
namespace {

class StoppedShutdown : public World {
protected:
    void startAsking() {
        start();
        shutdown(true, "kexec");
        ASSERT_TRUE(until([this] { return luod.called("LiveUpdate"); }));
    }
    // The target was masked before the lock was dropped, upon which logind fails, and says so.
    void expectStopped(const std::string& why) {
        ASSERT_TRUE(until([this] { return !locked(); }));
        EXPECT_EQ(kexecState, "masked");
        EXPECT_FALSE(departing());
        std::ifstream terminal(root / "dev/pts/0");
        std::string told{std::istreambuf_iterator<char>(terminal), {}};
        EXPECT_NE(told.find(why), std::string::npos) << told;
        EXPECT_NE(said().find("<3>The shutdown into the next kernel was stopped by luod: " + why), std::string::npos) << said();
        shutdown(false, "kexec");
        EXPECT_TRUE(until([this] { return locked(); }));
        EXPECT_EQ(kexecState, "loaded");
    }
};

TEST_F(StoppedShutdown, WhenLuodRefuses) {
    luod.refuse("LiveUpdate", "org.luod1.Error.CheckFailed", "versions: the next kernel cannot read memfd-v2");
    startAsking();
    expectStopped("versions: the next kernel cannot read memfd-v2");
    EXPECT_FALSE(luod.called("AbortLiveUpdate")); // there is none
}

TEST_F(StoppedShutdown, WhenLuodGivesUpAndSaysWhy) {
    startAsking();
    phase("preparing");
    phase("idle");
    aborted("vmm1 said no\x1b[2J");
    expectStopped("vmm1 said no [2J"); // no commands for the terminal, and no second line in the journal
}

TEST_F(StoppedShutdown, WhenLuodGivesUpWithoutAWord) {
    startAsking();
    phase("preparing");
    phase("idle");
    expectStopped("luod gave the update up");
}

TEST_F(StoppedShutdown, WhenLuodComesBackAndHasGivenUp) {
    startAsking();
    phase("preparing");
    luod.go();
    settle();
    EXPECT_TRUE(locked());
    luod.property("Phase", "s", "idle");
    luod.come();
    expectStopped("luod was started again meanwhile");
}

TEST_F(StoppedShutdown, WhenTimeIsUp) {
    logind.property("InhibitDelayMaxUSec", "t", std::uint64_t(2'000'000));
    startAsking();
    phase("preparing");
    expectStopped("the clients were not ready");
    EXPECT_TRUE(luod.called("AbortLiveUpdate"));
}

TEST_F(StoppedShutdown, WhenLuodStaysAway) {
    logind.property("InhibitDelayMaxUSec", "t", std::uint64_t(2'000'000));
    startAsking();
    luod.go();
    expectStopped("luod went away and did not come back");
}

TEST_F(StoppedShutdown, WhenLuodDoesNotSayWhatItHolds) {
    luod.refuse("ListInhibitors", "org.luod1.Error.LedgerTrouble", "it cannot be read");
    start();
    shutdown(true, "kexec");
    expectStopped("luod does not say what it holds: it cannot be read");
}

TEST_F(StoppedShutdown, WhenLuodGivesUpAfterAll) {
    startAsking();
    phase("leaving");
    ASSERT_TRUE(until([this] { return !locked(); }));
    EXPECT_TRUE(departing());
    phase("idle"); // somebody else's lock has kept logind waiting
    ASSERT_TRUE(until([this] { return kexecState == "masked"; }));
    shutdown(false, "kexec");
    EXPECT_TRUE(until([this] { return locked(); }));
    EXPECT_FALSE(departing());
    EXPECT_EQ(kexecState, "loaded");
}

TEST_F(StoppedShutdown, ATargetThatIsLoadedIsLoadedAnew) {
    systemd.method("MaskUnitFiles", [](sd_bus_message* call) { return sd_bus_reply_method_return(call, "a(sss)", 0); });
    systemd.method("Reload", [this](sd_bus_message* call) {
        kexecState = kexecState == "masked" ? "loaded" : "masked";
        return sd_bus_reply_method_return(call, "");
    });
    systemd.method("UnmaskUnitFiles", [](sd_bus_message* call) { return sd_bus_reply_method_return(call, "a(sss)", 0); });
    luod.refuse("LiveUpdate", "org.luod1.Error.Inhibited", "vmm1 blocks");
    startAsking();
    expectStopped("vmm1 blocks");
    EXPECT_EQ(systemd.times("Reload"), 2u);
}

TEST_F(StoppedShutdown, AnAdministratorsMaskIsNotTouched) {
    kexecState = "masked";
    luod.refuse("LiveUpdate", "org.luod1.Error.Inhibited", "vmm1 blocks");
    startAsking();
    ASSERT_TRUE(until([this] { return !locked(); }));
    shutdown(false, "kexec");
    EXPECT_TRUE(until([this] { return locked(); }));
    EXPECT_FALSE(systemd.called("MaskUnitFiles"));
    EXPECT_FALSE(systemd.called("UnmaskUnitFiles"));
}

TEST_F(StoppedShutdown, WhatAKilledGateLeftIsUndone) {
    kexecState = "masked";
    root.write("run/luod/kexec-forbidden", "");
    root.write("run/luod/departing", "");
    start();
    EXPECT_EQ(kexecState, "loaded");
    EXPECT_FALSE(departing());
    EXPECT_FALSE(std::filesystem::exists(root / "run/luod/kexec-forbidden"));
}

TEST_F(StoppedShutdown, AMaskThatStaysIsSaid) {
    luod.refuse("LiveUpdate", "org.luod1.Error.Inhibited", "vmm1 blocks");
    systemd.refuse("UnmaskUnitFiles", SD_BUS_ERROR_ACCESS_DENIED, "read-only file system");
    startAsking();
    ASSERT_TRUE(until([this] { return !locked(); }));
    shutdown(false, "kexec");
    EXPECT_TRUE(until([this] { return locked(); }));
    EXPECT_NE(said().find("<3>kexec.target stays masked"), std::string::npos) << said();
    EXPECT_TRUE(std::filesystem::exists(root / "run/luod/kexec-forbidden")); // for the next attempt
}

TEST_F(StoppedShutdown, WhereMaskingFailsTheLockIsKept) {
    systemd.refuse("MaskUnitFiles", SD_BUS_ERROR_ACCESS_DENIED, "no");
    luod.refuse("LiveUpdate", "org.luod1.Error.Inhibited", "vmm1 blocks");
    startAsking();
    ASSERT_TRUE(until([this] { return systemd.called("MaskUnitFiles"); }));
    settle();
    EXPECT_TRUE(locked());

    queueKexec(); // logind's patience ends, the gate is stopped, and has another way then
    terminate();
    EXPECT_EQ(end(), 0);
    EXPECT_TRUE(systemd.called("ClearJobs"));
}

// ---- kexec.target started without a word to logind: the gate is stopped first

TEST_F(StoppedShutdown, TheGateEndsAtOnceWhenItIsOnlyStopped) {
    start();
    terminate();
    EXPECT_EQ(end(), 0);
    EXPECT_TRUE(luod.calls.empty());
}

TEST_F(StoppedShutdown, AtTheLastMomentClientsAreAsked) {
    start();
    queueKexec();
    terminate();
    ASSERT_TRUE(until([this] { return luod.called("LiveUpdate"); }));
    EXPECT_TRUE(asked.shutdownAsked);
    phase("leaving");
    EXPECT_EQ(end(), 0);
    EXPECT_TRUE(departing());
    EXPECT_FALSE(systemd.called("ClearJobs"));
}

TEST_F(StoppedShutdown, AtTheLastMomentItCanBeStopped) {
    luod.refuse("LiveUpdate", "org.luod1.Error.CheckFailed", "no image");
    start();
    queueKexec();
    terminate();
    EXPECT_EQ(end(), 0);
    EXPECT_TRUE(systemd.called("ClearJobs"));
    EXPECT_EQ(started, std::vector<std::string>{"luod-gate.service replace"});
    EXPECT_NE(said().find("stopped by luod: no image"), std::string::npos) << said();
}

TEST_F(StoppedShutdown, LeavingNobodyIsAskedTwice) {
    startAsking();
    phase("leaving");
    ASSERT_TRUE(until([this] { return !locked(); }));
    queueKexec();
    terminate();
    EXPECT_EQ(end(), 0);
    EXPECT_EQ(luod.times("LiveUpdate"), 1u);
    EXPECT_TRUE(departing());
}

TEST_F(StoppedShutdown, WithALogindThatDoesNotWaitTheBarrierGoesOn) {
    startAsking();
    phase("preparing");
    queueKexec();
    terminate();
    ASSERT_TRUE(until([this] { return systemd.called("ListJobs"); }));
    aborted("vmm1 said no");
    EXPECT_EQ(end(), 0);
    EXPECT_EQ(luod.times("LiveUpdate"), 1u);
    EXPECT_TRUE(systemd.called("ClearJobs"));
    EXPECT_FALSE(systemd.called("MaskUnitFiles"));
}

TEST_F(StoppedShutdown, StoppedWhileAskingTheGateLeavesNothingBehind) {
    startAsking();
    terminate();
    ASSERT_TRUE(until([this] { return luod.called("AbortLiveUpdate"); }));
    aborted(abortedBecause.c_str());
    ASSERT_TRUE(until([this] { return !locked(); }));
    EXPECT_EQ(kexecState, "masked");
    shutdown(false, "kexec");
    EXPECT_EQ(end(), 0);
    EXPECT_EQ(kexecState, "loaded");
}

} // namespace
} // namespace gate
