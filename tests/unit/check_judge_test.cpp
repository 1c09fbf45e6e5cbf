// SPDX-License-Identifier: LGPL-2.1-or-later
// The check's verdicts: each finding with each verdict that it can have, and what of them stops an update.
#include "check/judge.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace luod::check {
namespace {

using image::Finding;
using image::Findings;
using image::Verdict;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using enum Verdict;

std::vector<std::string> namesOf(const Findings& findings) {
    std::vector<std::string> names;
    for (const Finding& each : findings)
        names.push_back(each.name);
    return names;
}

// A machine on which all is well.
class Check : public testing::Test {
protected:
    Check() {
        known.available = true;
        known.image = core::Image{.uuid = "u", .kernelPath = "/boot/vmlinuz", .initrdPath = "", .release = "7.3.4",
                                  .cmdline = "", .boot = ""};
        known.sessions = 3;
        known.files = 5;
        known.bytes = 300 << 20;
        known.unit = "luod.service";
        looked.anyImageLoaded = looked.filesHeld = true;
        looked.systemd = 262;
        looked.gateRuns = looked.survives = true;
        looked.otherStores = std::vector<std::string>();
        looked.memoryAvailable = 1ULL << 30;
    }

    Finding about(const std::string& name) const {
        Findings findings = judge(known, looked);
        EXPECT_EQ(std::ranges::count(findings, name, &Finding::name), 1) << name;
        auto found = std::ranges::find(findings, name, &Finding::name);
        return found == findings.end() ? Finding() : *found;
    }
    // An error, a warning or an unknown says what to do.
    void expect(const std::string& name, Verdict verdict, const std::string& seen, const std::string& advice = "") const {
        Finding finding = about(name);
        EXPECT_EQ(word(finding.verdict), word(verdict)) << name << ": " << finding.seen;
        EXPECT_THAT(finding.seen, HasSubstr(seen)) << name;
        EXPECT_THAT(finding.advice, HasSubstr(advice)) << name;
        EXPECT_TRUE(verdict != Ok || finding.advice.empty()) << name << ": " << finding.advice;
    }
    void direct() { known.mode = core::UpdateMode::Direct; }

    Known known;
    Looked looked;
};

TEST_F(Check, AllIsWell) {
    for (core::UpdateMode mode : {core::UpdateMode::Systemd, core::UpdateMode::Direct}) {
        known.mode = mode;
        Findings findings = judge(known, looked);
        EXPECT_THAT(namesOf(findings), ElementsAre("live-update", "loaded", "incoming-sessions", "files", "crossing",
                                                   "inhibitors", "scratch", "memory", "systemd"));
        for (const Finding& each : findings) {
            EXPECT_EQ(word(each.verdict), "ok") << each.name << ": " << each.seen;
            EXPECT_NE(each.seen, "") << each.name;
            EXPECT_EQ(each.advice, "") << each.name;
        }
        EXPECT_EQ(whatStops(findings, {}), "");
    }
}

TEST_F(Check, WhatImagesSayStandsWithTheImage) {
    looked.images = {{"kho-version", Error, "kho-v3 there, kho-v4 here", "take another"}, {"config", Unknown, "no config", "find it"}};
    Findings findings = judge(known, looked);
    EXPECT_EQ(findings.at(1).name, "loaded");
    EXPECT_EQ(findings.at(2).name, "kho-version");
    EXPECT_EQ(findings.at(3).name, "config");
    EXPECT_EQ(findings.size(), 11u);
    expect("kho-version", Error, "kho-v3 there");
}

TEST_F(Check, LiveUpdateIsNotToBeHadHere) {
    known.available = false;
    known.unavailableReason = "the kernel runs without liveupdate=on";
    expect("live-update", Error, "without liveupdate=on", "before that is mended");
}

TEST_F(Check, TheImageIsLuodsAndAsItWas) {
    expect("loaded", Ok, "/boot/vmlinuz (7.3.4), loaded by luod");
    known.image->kernelPath = known.image->release = "";
    expect("loaded", Ok, "kernel (release not known)");
}

TEST_F(Check, TheImageIsNot) {
    looked.filesChanged = true;
    expect("loaded", Error, "/boot/vmlinuz was written to", "luoctl load");
    looked.filesHeld = false; // luod's fd store had no room for them, and luod was restarted
    expect("loaded", Error, "does not hold the kernel's files", "luoctl load");
    looked.anyImageLoaded = false;
    expect("loaded", Error, "unloaded by somebody", "luoctl load");
    known.image.reset();
    expect("loaded", Error, "no kernel is loaded", "luoctl load");
    looked.anyImageLoaded = true;
    expect("loaded", Error, "not by luod", "luoctl load");
}

TEST_F(Check, IncomingSessionsWouldBeDestroyed) {
    known.incoming = {{"vm1", 1000, true}, {"vm2", 0, false}};
    expect("incoming-sessions", Error, "2 incoming and not finished", "Unclaimed=carry");
    EXPECT_THAT(about("incoming-sessions").seen, AllOf(HasSubstr("'vm1' of uid 1000"), HasSubstr("'vm2' of uid 0")));
}

TEST_F(Check, IncomingSessionsAreCarriedWhereNobodyHasClaimedThem) {
    known.carriesUnclaimed = true;
    known.incoming = {{"vm1", 1000, true}};
    expect("incoming-sessions", Warning, "1 unclaimed, carried forward into this update: 'vm1' of uid 1000", "come for them");
    known.incoming.push_back({"vm2", 0, false});
    expect("incoming-sessions", Error, "1 incoming and not finished", "finish them");
    EXPECT_THAT(about("incoming-sessions").seen, Not(HasSubstr("vm1")));
}

TEST_F(Check, SessionsThatAreNotWhole) {
    expect("files", Ok, "5 files in 3 sessions");
    known.broken = {"session 'vm1' of uid 0 is lost", "session 'vm2' of uid 7 is rebuilding"};
    expect("files", Error, "session 'vm1' of uid 0 is lost, session 'vm2' of uid 7 is rebuilding", "discard");
}

TEST_F(Check, FilesWhoseDevicesWereUnplugged) {
    known.invalid = {"file 2 'nic' of session 'vm1' of uid 7 is invalid: its device 0000:00:04.0 was unplugged"};
    expect("files", Error, "file 2 'nic' of session 'vm1' of uid 7 is invalid", "take those files out");
    known.broken = {"session 'vm2' of uid 0 is lost"};
    expect("files", Error, "session 'vm2' of uid 0 is lost, file 2", "take those files out");
}

TEST_F(Check, ADirectUpdateEmptiesOtherFdStores) {
    direct();
    expect("crossing", Ok, "nothing but luod");
    looked.otherStores = std::vector<std::string>{"a.service (3)", "b.service (1)"};
    expect("crossing", Warning, "a.service (3), b.service (1)", "--mode=systemd");
    looked.otherStores = std::unexpected("Connection refused");
    expect("crossing", Warning, "could not be asked: Connection refused", "--mode=systemd");
    looked.gateRuns = looked.survives = false; // of no account: nothing is shut down
    looked.otherStores = std::vector<std::string>();
    expect("crossing", Ok, "nothing but luod");
}

TEST_F(Check, AShutdownHasToBeLed) {
    looked.gateRuns = false;
    expect("crossing", Error, "luod-gate.service does not run", "--mode=direct");
    looked.gateRuns = std::unexpected("Connection refused");
    expect("crossing", Unknown, "Connection refused", "--mode=direct");
}

TEST_F(Check, AShutdownThatKillsLuodLosesItsSessions) {
    looked.survives = false;
    expect("crossing", Error, "luod.service is killed before the machine goes over: all 3 sessions", "--mode=direct");
    known.unit = "";
    expect("crossing", Error, "luod is killed");
    looked.survives = std::unexpected("Connection timed out"); // what could not be seen is not taken for good
    expect("crossing", Unknown, "Connection timed out", "--mode=direct");
    known.sessions = 0;
    expect("crossing", Ok, "no session that could be lost");
}

TEST_F(Check, BeforeItCarriesThemSystemdLosesOtherFdStores) {
    looked.otherStores = std::vector<std::string>{"a.service (3)"};
    expect("crossing", Ok, "holds every session"); // 262: they travel
    looked.systemd = 260;
    expect("crossing", Warning, "before systemd 261: a.service (3)", "stop those services first");
    looked.otherStores = std::unexpected("Connection refused");
    expect("crossing", Warning, "Connection refused");
    looked.otherStores = std::vector<std::string>();
    expect("crossing", Ok, "holds every session");
    looked.survives = false; // says more
    looked.otherStores = std::vector<std::string>{"a.service (3)"};
    expect("crossing", Error, "all 3 sessions");
}

TEST_F(Check, SomebodyBlocks) {
    known.blockers = {"backup (uid 0, pid 7): nightly", "upgrade (uid 0, pid 8): apt"};
    expect("inhibitors", Error, "backup (uid 0, pid 7): nightly, upgrade (uid 0, pid 8): apt", "--force=inhibitors");
}

TEST_F(Check, ScratchShowsWhenAnImageIsLoaded) {
    expect("scratch", Ok, "found room");
    known.image.reset();
    expect("scratch", Unknown, "when it is loaded", "luoctl load");
}

TEST_F(Check, Memory) {
    expect("memory", Ok, "300 MiB preserved");
    EXPECT_THAT(about("memory").seen, HasSubstr("1024 MiB left"));
    looked.memoryAvailable = (256 << 20) - 1;
    expect("memory", Warning, "255 MiB left", "kill processes");
    looked.memoryAvailable = 256 << 20;
    expect("memory", Ok, "256 MiB left");
    looked.memoryAvailable = 0;
    expect("memory", Warning, "an unknown amount left", "/proc/meminfo");
}

TEST_F(Check, SystemdsLimits) {
    expect("systemd", Ok, "systemd 262");
    looked.systemd = 261;
    expect("systemd", Ok, "systemd 261");
    for (unsigned version : {255u, 260u}) {
        looked.systemd = version;
        expect("systemd", Warning, "fd stores of other services", "261");
    }
    looked.systemd = 254;
    expect("systemd", Warning, "systemd 254 kills luod", "--mode=direct");
    looked.systemd = std::unexpected("No such file or directory");
    expect("systemd", Warning, "could not be asked: No such file or directory", "--mode=direct");
}

TEST(WhatStops, ErrorsAndUnknownsDo) {
    Findings findings{{"a", Ok, "good", ""}, {"b", Warning, "so so", "mind"}, {"c", Error, "broken", "mend"},
                      {"d", Unknown, "not seen", "look"}};
    EXPECT_EQ(whatStops(findings, {}), "c: broken; d: not seen (not known; --force=d to go on)");
    EXPECT_EQ(whatStops(findings, {"c"}), "d: not seen (not known; --force=d to go on)");
    EXPECT_EQ(whatStops(findings, {"d", "x"}), "c: broken");
    EXPECT_EQ(whatStops(findings, {"d", "c"}), "");
    EXPECT_EQ(whatStops({}, {}), "");
}

TEST(WhatStops, AForcedNameStandsForAllOfItsFindings) {
    Findings findings{{"handler-versions", Error, "memfd-v1", ""}, {"handler-versions", Unknown, "iommufd", ""}};
    EXPECT_EQ(whatStops(findings, {"handler-versions"}), "");
    EXPECT_NE(whatStops(findings, {"handler"}), "");
}

TEST_F(Check, ModulesHaveToBeLoadedBeforeTheDeviceIsOpened) {
    looked.cannotLoadEarly = "luod-modules-generator is not installed";
    EXPECT_THAT(namesOf(judge(known, looked)), Not(testing::Contains("module-loading"))); // none has to be
    looked.modulesToLoad = {"vfio_pci"};
    EXPECT_EQ(about("module-loading").verdict, Error);
    looked.systemd = 260; // luod opens it first
    EXPECT_EQ(about("module-loading").verdict, Ok);
    looked.systemd = std::unexpected("no bus");
    EXPECT_EQ(about("module-loading").verdict, Unknown);
    looked.cannotLoadEarly = "";
    EXPECT_EQ(about("module-loading").verdict, Ok);
    looked.systemd = 262;
    EXPECT_EQ(about("module-loading").verdict, Ok);
}

} // namespace
} // namespace luod::check
