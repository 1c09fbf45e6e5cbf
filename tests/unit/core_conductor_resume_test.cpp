// SPDX-License-Identifier: LGPL-2.1-or-later

// luod is killed in the middle of an update; and what it does in the kernel it was all about.

#include "unit/core_drive.hpp"

namespace luod::test {
namespace {

class ResumeTest : public DriveTest {
protected:
    // The machine goes over, with the ledger and every session.
    void goOver() {
        conductor.reset();
        life.reset();
        world.kexec(false);
        start();
    }
    std::size_t told(const std::string& what) {
        auto said = events.take();
        return std::size_t(std::ranges::count_if(said, [&](auto& s) { return s.starts_with(what); }));
    }
    void comeToNothing() {
        if (phase() == Phase::Leaving && machine.answer.leave)
            machine.answer.leave({});
        if (phase() == Phase::Leaving)
            machine.pass(policy.leaveTimeout);
    }
    void expectIdle() {
        EXPECT_EQ(phase(), Phase::Idle);
        EXPECT_FALSE(isSealed());
        EXPECT_FALSE(machine.custody);
        EXPECT_EQ(machine.record, "");
    }
};

TEST_F(ResumeTest, IdleItOnlyForgetsLocksThatAreGone) {
    auto a = lock("a"), b = lock("b");
    restart({b});
    EXPECT_FALSE(life->registry.updates().inhibitors().contains(a));
    EXPECT_TRUE(life->registry.updates().inhibitors().contains(b));
    EXPECT_TRUE(life->registry.updates().image());
    EXPECT_EQ(machine.take(), (Said{}));
}

TEST_F(ResumeTest, WhatWasBeingCheckedIsAbortedAndNobodyIsTold) {
    begin();
    restart();
    expectIdle();
    EXPECT_EQ(last().outcome, "aborted");
    EXPECT_EQ(events.take(), (Said{}));
}

TEST_F(ResumeTest, TheBarrierGoesOnWithItsDeadlines) {
    auto a = lock("a"), b = lock("b", InhibitMode::Delay, 10 * seconds);
    ask();
    machine.pass(4 * seconds);
    events.take();
    restart({b});
    EXPECT_EQ(phase(), Phase::Preparing);
    EXPECT_FALSE(conductor->isAwaited(a)) << "its lock was closed while luod was dead";
    ASSERT_EQ(conductor->awaited().size(), 1u);
    EXPECT_EQ(conductor->awaited()[0].readyBy, machine.clock + 6 * seconds);
    EXPECT_EQ(notedOf(*conductor->current()), (Said{"requested", "checked", "asked", "asked a", "asked b", "ready a"}));
    EXPECT_EQ(events.take(), (Said{})) << "they were asked already";
    machine.answer.record({});
    conductor->released(b);
    EXPECT_EQ(phase(), Phase::Leaving);
}

// Killed when the phase was written down and the signal was not sent.
TEST_F(ResumeTest, WhoWasNotAskedYetIsAsked) {
    auto a = lock("a");
    begin();
    auto heard = [this] { return std::ranges::any_of(events.take(), [](auto& s) { return s.starts_with("prepare"); }); };
    for (std::size_t n = 1; phase() != Phase::Preparing; ++n) {
        ASSERT_LT(n, 100u);
        world.script.killAt = n;
        world.script.calls = 0;
        EXPECT_THROW(passCheck(), Killed);
        world.script.calm();
        start();
        if (phase() == Phase::Preparing)
            break;
        conductor->resume({a}); // aborted: once more
        begin();
    }
    ASSERT_FALSE(heard());
    machine.pass(3 * seconds);
    conductor->resume({a});
    EXPECT_TRUE(heard());
    ASSERT_EQ(conductor->awaited().size(), 1u);
    EXPECT_EQ(conductor->awaited()[0].askedAt, machine.clock);
    EXPECT_EQ(notedOf(*conductor->current()), (Said{"requested", "checked", "asked", "asked a"}));
    conductor->released(a);
    EXPECT_EQ(phase(), Phase::Prepared);
}

TEST_F(ResumeTest, TheBarrierGoesOnWhenAllGotReadyMeanwhile) {
    lock("a");
    ask();
    restart();
    EXPECT_EQ(phase(), Phase::Prepared);
    machine.answer.record({});
    EXPECT_EQ(phase(), Phase::Leaving);
}

TEST_F(ResumeTest, ADeadlineThatPassedMeanwhileHasPassed) {
    auto a = lock("a", InhibitMode::Delay, 2 * seconds);
    ask();
    machine.clock += 5 * seconds;
    restart({a});
    machine.pass(0);
    expectIdle();
    EXPECT_EQ(told("over aborted: a (pid 77"), 1u);
}

TEST_F(ResumeTest, WhoWasLateBeforeIsNotLateTwice) {
    auto slow = lock("slow", InhibitMode::Delay, 1 * seconds), b = lock("b");
    ask({.goOnWithoutLate = true});
    machine.pass(2 * seconds);
    restart({slow, b});
    machine.pass(0);
    EXPECT_EQ(notedOf(*conductor->current()), (Said{"requested", "checked", "asked", "asked slow", "asked b", "late slow"}));
    EXPECT_EQ(conductor->awaited().size(), 1u);
}

TEST_F(ResumeTest, PreparedItAborts) {
    ask();
    ASSERT_EQ(phase(), Phase::Prepared);
    restart();
    expectIdle();
    EXPECT_EQ(told("over aborted: luod was restarted"), 1u);
}

TEST_F(ResumeTest, LeavingDirectlyItAborts) {
    goToLeaving(UpdateMode::Direct);
    restart();
    expectIdle();
    EXPECT_EQ(told("over aborted: luod was restarted"), 1u);
}

TEST_F(ResumeTest, LeavingByAShutdownItGoesAlongButNotForEver) {
    goToLeaving(UpdateMode::Systemd);
    auto by = machine.alarmAt();
    machine.pass(5 * seconds);
    machine.take();
    restart();
    EXPECT_EQ(phase(), Phase::Leaving);
    EXPECT_TRUE(isSealed());
    EXPECT_EQ(machine.take(), (Said{"take custody"}));
    EXPECT_EQ(machine.alarmAt(), by);
    machine.pass(policy.leaveTimeout);
    expectIdle();
}

// At every call of the world on the way there and back: afterwards it is resumed or aborted, and who was asked is told.
TEST_F(ResumeTest, KilledAnywhereItNeverHangs) {
    auto way = [this](UpdateMode mode, bool abort) {
        auto vm = lock("vm");
        ask({.mode = mode});
        machine.answer.record({});
        conductor->released(vm);
        if (abort)
            conductor->abort("stop");
    };
    for (auto [mode, abort] : {std::pair{UpdateMode::Systemd, true}, {UpdateMode::Systemd, false}, {UpdateMode::Direct, false}}) {
        bool killed = true;
        for (std::size_t n = 1; killed; ++n) {
            ASSERT_LT(n, 200u);
            SCOPED_TRACE(fmt::format("killed in call {} ({})", n, word(mode)));
            world.script.calm();
            comeToNothing(); // should the round before have got so far
            ASSERT_EQ(phase(), Phase::Idle);
            events.take();
            world.script.killAt = n;
            world.script.calls = 0;
            killed = false;
            try {
                way(mode, abort);
            } catch (const Killed&) {
                killed = true;
            }
            world.script.calm();
            if (!killed)
                continue;
            restart();
            life->workers.drain();
            if (phase() == Phase::Prepared) // resumed at the barrier
                machine.answer.record({});
            comeToNothing();
            expectIdle();
            auto said = events.take();
            bool asked = std::ranges::any_of(said, [](auto& s) { return s.starts_with("prepare"); });
            bool over = std::ranges::any_of(said, [](auto& s) { return s.starts_with("over aborted"); });
            EXPECT_TRUE(over || !asked);
            ASSERT_FALSE(HasFailure());
        }
    }
}

TEST_F(ResumeTest, InTheNextKernelItArrives) {
    auto a = *life->create(1, "a", "vm.service");
    ASSERT_TRUE(life->preserve(a, offers(offer(1, "one"))));
    lock("gone with the old kernel", InhibitMode::Block);
    ask({.mode = UpdateMode::Direct, .forced = {"inhibitors"}});
    machine.answer.record({});
    ASSERT_EQ(phase(), Phase::Leaving);
    goOver();
    events.take(), events.moments.clear();
    EXPECT_EQ(phase(), Phase::Idle);
    EXPECT_TRUE(life->registry.updates().inhibitors().empty());
    ASSERT_TRUE(conductor->judged({Handover::Done, ""}));
    std::vector<Moment> moments{{Milestone::Kernel, "", 0, {0, 5}, ""}, {Milestone::Luod, "", 0, {900, 905}, ""}};
    conductor->arrived(moments);
    EXPECT_EQ(events.take(), (Said{"over done: "}));
    EXPECT_EQ(events.moments, (Said{"kernel 0", "luod 0"}));
    conductor->arrived(moments);
    EXPECT_EQ(events.take(), (Said{})) << "once";

    Session session = *life->registry.find(a);
    conductor->claimed(session);
    conductor->claimed(session);
    session.files[7].metadata["times"] = std::vector<std::string>{"stopped 1 2", "saved 3 4"};
    session.files[8].metadata["times"] = std::vector<std::string>{"running 5 6"};
    conductor->finished(session);
    EXPECT_EQ(notedOf(last()), (Said{"requested", "checked", "asked", "sealed", "left", "kernel", "luod", "claimed a", "finished a"}));
    EXPECT_EQ(last().find(Milestone::Claimed, "a", 1)->detail, "vm.service");
    EXPECT_FALSE(last().find(Milestone::Claimed, "a", 2)) << "somebody else's of that name";
    EXPECT_EQ(last().find(Milestone::Finished, "a", 1)->detail, "stopped 1 2; saved 3 4; running 5 6");
    restart();
    EXPECT_EQ(last().outcome, "done");
    EXPECT_EQ(last().moments.size(), 9u) << "a restart remembers them";
}

TEST_F(ResumeTest, AnArrivalThatWasCutOffIsToldAgainAndNotedOnce) {
    goToLeaving(UpdateMode::Direct);
    goOver();
    ASSERT_TRUE(conductor->judged({Handover::Done, ""}));
    conductor->arrived({{Milestone::Kernel, "", 0, {0, 5}, ""}}); // killed behind this one
    restart();
    events.take();
    conductor->arrived({{Milestone::Kernel, "", 0, {0, 6}, ""}, {Milestone::Luod, "", 0, {900, 905}, ""}});
    EXPECT_EQ(events.take(), (Said{"over done: "}));
    EXPECT_EQ(notedOf(last()), (Said{"requested", "checked", "asked", "sealed", "left", "kernel", "luod"}));
}

TEST_F(ResumeTest, WhatWasMadeHereDidNotComeOver) {
    goToLeaving(UpdateMode::Direct);
    goOver();
    auto fresh = *life->create(1, "fresh");
    conductor->claimed(*life->registry.find(fresh));
    EXPECT_FALSE(last().find(Milestone::Claimed));
}

TEST_F(ResumeTest, AMachineThatWentWithoutAWordIsStillThatUpdate) {
    lock("vm");
    ask();
    goOver();
    ASSERT_TRUE(life->registry.updates().arrivedBy());
    EXPECT_EQ(last().outcome, "done") << "as recovery found it";
    conductor->resume({});
    EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(ResumeTest, WithoutAnUpdateNobodyIsToldAnything) {
    goOver();
    ASSERT_TRUE(conductor->judged({Handover::ColdBoot, "reset"}));
    conductor->arrived({{Milestone::Luod, "", 0, {900, 905}, ""}});
    EXPECT_EQ(events.take(), (Said{}));
    restart();
    EXPECT_EQ(life->registry.updates().verdict(), "reset");
    EXPECT_EQ(life->registry.boot().handover, Handover::ColdBoot);
}

} // namespace
} // namespace luod::test
