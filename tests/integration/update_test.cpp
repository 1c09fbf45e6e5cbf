// SPDX-License-Identifier: LGPL-2.1-or-later

// A live update led by luod, in the simulated machine: the barrier with clients of every temper, the ways out, and every
// verdict of the boot that follows.

#include "updated.hpp"

#include <fmt/format.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST_F(Updated, AllGetReadyAndTheMachineGoesOver) {
    holdSomething();
    expectDone(lead.load());
    EXPECT_THAT(lead.cmdline, HasSubstr("luod.update="));
    Party fast(world, "fast"), slow(world, "slow"), gone(world, "gone");
    expectDone(lead.begin({.reason = "a test"}));
    EXPECT_EQ(lead.phase(), "preparing");
    for (Party* party : {&fast, &slow, &gone}) {
        const Party::Heard heard = party->hear();
        EXPECT_EQ(heard.type, LUOD_EVENT_PREPARE);
        EXPECT_EQ(heard.update, lead.update);
        EXPECT_EQ(heard.mode, "direct");
    }
    const UniqueFd late = memfdWith("in the last moment"); // sessions can be made and filled while clients get ready
    expectDone(lead.client.preserve(lead.client.made("vm2"), late.get(), 1));
    fast.ready();
    gone.ready();
    EXPECT_EQ(lead.phase(), "preparing");
    slow.ready();
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "done");
    expectItBack();
    lead.waitPhase("idle");
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("done direct"), HasSubstr("asked slow"), HasSubstr("ready fast"),
                                     HasSubstr("ready slow"), HasSubstr("left"), HasSubstr("kernel"), HasSubstr("luod")));
    EXPECT_EQ(lead.client.status().liveUpdates, 1u);
}

TEST_F(Updated, NobodyHasToBeAsked) {
    holdSomething();
    expectDone(lead.load());
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "done");
    expectItBack();
}

TEST_F(Updated, ABlockLockRefusesIt) {
    holdSomething();
    expectDone(lead.load());
    Party blocker(world, "backup", "block"), waiter(world, "vmm");
    expectRefused(lead.begin(), "Inhibited", "backup");
    EXPECT_THAT(lead.findings(), Contains("inhibitors error"));
    EXPECT_EQ(waiter.hear(0s).type, 0); // nobody was asked
    expectAllAsBefore();
    blocker.ready();
    waiter.ready();
    while (lead.begin().error == "Inhibited") { // until luod has seen that the lock is gone
    }
    world.luod().waitNextBoot();
    expectItBack();
}

TEST_F(Updated, AClientThatIsLateStopsIt) {
    holdSomething();
    expectDone(lead.load());
    Party quick(world, "quick"), lazy(world, "lazy");
    expectDone(lead.begin({.deadline = 50ms, .late = "abort"}));
    EXPECT_EQ(quick.hear().type, LUOD_EVENT_PREPARE);
    quick.ready();
    EXPECT_EQ(lazy.hear().type, LUOD_EVENT_PREPARE);
    for (Party* party : {&quick, &lazy}) {
        const Party::Heard heard = party->hear();
        EXPECT_EQ(heard.type, LUOD_EVENT_OVER);
        EXPECT_EQ(heard.outcome, "aborted");
        EXPECT_THAT(heard.reason, HasSubstr("lazy"));
    }
    expectAllAsBefore();
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("aborted"), HasSubstr("late lazy")));
}

TEST_F(Updated, OrItIsGoneOnWithoutIt) {
    holdSomething();
    expectDone(lead.load());
    Party lazy(world, "lazy");
    expectDone(lead.begin({.deadline = 50ms, .late = "go-on"}));
    world.luod().waitNextBoot();
    expectItBack();
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("done"), HasSubstr("late lazy")));
}

TEST_F(Updated, OneClientMayHaveLessTimeThanTheOthers) {
    holdSomething();
    expectDone(lead.load());
    Party hasty(world, "hasty", "delay", 30'000), patient(world, "patient");
    expectDone(lead.begin({.deadline = 60s}));
    EXPECT_EQ(patient.hear().type, LUOD_EVENT_PREPARE);
    const Party::Heard heard = patient.hear();
    EXPECT_EQ(heard.type, LUOD_EVENT_OVER);
    EXPECT_THAT(heard.reason, HasSubstr("hasty"));
    expectAllAsBefore();
}

TEST_F(Updated, AWordStopsIt) {
    holdSomething();
    expectDone(lead.load());
    Party client(world, "vmm");
    expectDone(lead.begin());
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    expectRefused(lead.begin(), "UpdateUnderWay", "");
    expectRefused(lead.load(), "UpdateUnderWay", "");
    expectDone(lead.abort("the operator has changed her mind"));
    const Party::Heard heard = client.hear();
    EXPECT_EQ(heard.type, LUOD_EVENT_OVER);
    EXPECT_THAT(heard.reason, HasSubstr("changed her mind"));
    expectAllAsBefore();
    expectDone(lead.abort("nothing to stop"));
}

TEST_F(Updated, TheCheckStopsItBeforeAnybodyIsAsked) {
    holdSomething();
    Party client(world, "vmm");
    expectRefused(lead.begin(), "CheckFailed", "loaded: no kernel is loaded");
    expectDone(lead.load());
    auto force = Lead::allThatNeedsAnImage();
    std::erase(force, std::string("kho-version"));
    std::erase(force, std::string("architecture"));
    expectRefused(lead.begin({.force = force}), "CheckFailed", "");
    EXPECT_EQ(client.hear(0s).type, 0);
    expectAllAsBefore();
}

TEST_F(Updated, AClientThatDiesIsReady) {
    holdSomething();
    expectDone(lead.load());
    auto client = std::make_unique<Party>(world, "vmm");
    expectDone(lead.begin());
    EXPECT_EQ(client->hear().type, LUOD_EVENT_PREPARE);
    client.reset();
    world.luod().waitNextBoot();
    expectItBack();
}

TEST_F(Updated, AFreezeThatIsRefusedStopsIt) {
    holdSomething();
    expectDone(lead.load());
    Party client(world, "vmm");
    world.fault("reboot:freeze:errno=EBUSY");
    expectDone(lead.begin());
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    client.ready();
    const Party::Heard heard = client.hear();
    EXPECT_EQ(heard.type, LUOD_EVENT_OVER);
    EXPECT_THAT(heard.reason, HasSubstr("everything runs on"));
    expectAllAsBefore();
    world.noFaults();
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    expectItBack();
}

TEST_F(Updated, NobodyComesInWhileItIsPrepared) {
    holdSomething();
    expectDone(lead.load());
    Party client(world, "vmm");
    expectDone(lead.begin());
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    Party tooLate(world, "too late");
    expectRefused(tooLate.taken, "UpdateUnderWay", "");
    world.fault("reboot:delay=500ms");
    client.ready();
    lead.waitPhase("leaving");
    expectRefused(lead.client.create("vm9"), "UpdateUnderWay", "");
    world.luod().waitNextBoot();
    expectItBack();
}

TEST_F(Updated, LocksAndTheKernelSurviveARestartOfLuod) {
    holdSomething();
    expectDone(lead.load());
    Party client(world, "vmm"), blocker(world, "backup", "block");
    world.luod().restart();
    expectRefused(lead.begin(), "Inhibited", "backup");
    blocker.ready();
    while (lead.begin().error == "Inhibited") {
    }
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    client.ready();
    world.luod().waitNextBoot();
    expectItBack();
}

TEST_F(Updated, ARestartInTheMiddleDoesNotDisturbTheBarrier) {
    holdSomething();
    expectDone(lead.load());
    Party client(world, "vmm"), other(world, "other");
    expectDone(lead.begin());
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    client.ready();
    world.luod().kill();
    EXPECT_EQ(lead.phase(), "preparing");
    other.ready();
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "done");
    expectItBack();
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("ready vmm"), HasSubstr("ready other")));
}

// The orderly way. Nobody is asked twice, nobody has more time, and the word already given counts.
TEST_F(Updated, AnUpgradeOfLuodInTheMiddleDoesNotDisturbTheBarrier) {
    holdSomething();
    expectDone(lead.load());
    Party early(world, "early"), late(world, "late", "delay", 60'000'000);
    expectDone(lead.begin({.deadline = 60s}));
    for (Party* each : {&early, &late})
        EXPECT_EQ(each->hear().type, LUOD_EVENT_PREPARE);
    early.ready();
    const pid_t before = world.luod().pid();
    EXPECT_NE(world.luod().restart(), before);
    EXPECT_EQ(lead.phase(), "preparing");
    EXPECT_THAT(lead.awaited(), ElementsAre(HasSubstr("late, 0, ")));
    expectRefused(lead.begin(), "UpdateUnderWay", "");
    EXPECT_EQ(late.hear(0s).type, 0);
    late.ready();
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "done");
    expectItBack();
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("ready early"), HasSubstr("ready late")));
}

TEST_F(Updated, TwoInARow) {
    holdSomething();
    for (int i = 0; i < 2; ++i) {
        expectDone(lead.load());
        expectDone(lead.begin());
        world.luod().waitNextBoot();
        EXPECT_EQ(lead.handover(), "done");
        expectItBack();
        expectDone(lead.client.finish(lead.client.found("vm1", "incoming")));
        EXPECT_THAT(lead.report(), AllOf(HasSubstr("claimed vm1"), HasSubstr("finished vm1")));
        holdSomething();
    }
}

TEST_F(Updated, SessionsNobodyFinishedStopTheNextOne) {
    holdSomething();
    expectDone(lead.load());
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    expectDone(lead.load());
    expectRefused(lead.begin(), "CheckFailed", "incoming-sessions: 1 incoming and not finished");
    expectItBack();
}

TEST_F(Updated, ColdBootInstead) {
    holdSomething();
    expectDone(lead.load());
    world.fault("kexec:power-loss");
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "cold-boot");
    EXPECT_NE(lead.handoverReason(), "");
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("cold-boot"), HasSubstr("left"))); // the disk remembers
    EXPECT_EQ(lead.client.status().sessions, 0u);
}

// What the next kernel is, and what becomes of the handover.
struct Next {
    const char* name;
    std::vector<std::string> simulator;
    const char* handover;
    const char* cmdline = "liveupdate=on kho=on";
    unsigned flags = 0;
};
class Verdicts : public Updated, public testing::WithParamInterface<Next> {
protected:
    Verdicts() : Updated({.simulator = GetParam().simulator}) {}
};
INSTANTIATE_TEST_SUITE_P(Next, Verdicts,
                         testing::Values(Next{"AnotherKho", {"--next-version-string", "kho=kho-v9"}, "refused"},
                                         Next{"AnotherMemfd", {"--next-version-string", "memfd=memfd-v9"}, "unreadable"},
                                         Next{"SwitchedOff", {}, "no-device", "quiet", LUOD_KEEP_CMDLINE}),
                         [](const auto& info) { return info.param.name; });

TEST_P(Verdicts, OfTheBootThatFollows) {
    holdSomething();
    expectDone(lead.load(GetParam().cmdline, GetParam().flags));
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), GetParam().handover);
    EXPECT_NE(lead.handoverReason(), "");
    EXPECT_THAT(lead.report(), HasSubstr(GetParam().handover));
    world.luod().restart(); // the verdict is kept
    EXPECT_EQ(lead.handover(), GetParam().handover);
}

TEST_F(Updated, TwoHundredClientsHearOfAnAbortWithinASecond) {
    holdSomething();
    expectDone(lead.load());
    std::list<Party> clients;
    for (int i = 0; i < 200; ++i)
        clients.emplace_back(world, fmt::format("client {}", i));
    expectDone(lead.begin());
    for (Party& client : clients)
        ASSERT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    const auto before = std::chrono::steady_clock::now();
    expectDone(lead.abort("enough"));
    for (Party& client : clients)
        EXPECT_EQ(client.hear().outcome, "aborted");
    const auto took = std::chrono::steady_clock::now() - before;
    fmt::print("200 clients told of an abort in {:.1f} ms\n", std::chrono::duration<double, std::milli>(took).count());
    EXPECT_LT(took, 20s); // the goal is a second; what it took is printed
    expectAllAsBefore();
}

class Carrying : public Updated {
protected:
    Carrying() : Updated({.config = "[Update]\nUnclaimed=carry\n"}) {}
};

TEST_F(Carrying, WhatNobodyClaimedComesAlong) {
    holdSomething();
    for (int i = 0; i < 3; ++i) {
        expectDone(lead.load());
        expectDone(lead.begin());
        world.luod().waitNextBoot();
        EXPECT_EQ(lead.handover(), "done") << i;
    }
    expectItBack();
    expectDone(lead.client.finish(lead.client.found("vm1", "incoming")));
}

TEST_F(Carrying, AndCanBeHadWhenTheUpdateCameToNothing) {
    holdSomething();
    expectDone(lead.load());
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    expectDone(lead.load());
    Party client(world, "vmm");
    expectDone(lead.begin());
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    expectDone(lead.abort("not today"));
    EXPECT_EQ(client.hear().outcome, "aborted");
    world.luod().restart();
    UniqueFd back;
    expectDone(lead.client.retrieve(lead.client.found("vm1", "outgoing"), 7, back));
    EXPECT_EQ(contentOf(back.get()), "guest memory");
}

} // namespace
} // namespace luod::tests
