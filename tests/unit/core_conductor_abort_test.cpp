// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/core_drive.hpp"

namespace luod::test {
namespace {

class AbortTest : public DriveTest {
protected:
    void expectBack(const std::string& words) {
        EXPECT_EQ(phase(), Phase::Idle);
        EXPECT_FALSE(conductor->current());
        EXPECT_EQ(last().outcome, "aborted");
        EXPECT_NE(last().words.find(words), std::string::npos) << last().words;
        EXPECT_EQ(last().moments.back().what, Milestone::Aborted);
        EXPECT_FALSE(isSealed());
        EXPECT_FALSE(machine.alarmed());
        EXPECT_FALSE(machine.custody);
        EXPECT_EQ(machine.record, "");
        EXPECT_TRUE(conductor->awaited().empty());
        EXPECT_TRUE(life->registry.updates().image()) << "the kernel stays loaded";
    }
    void expectTold(const std::string& words) {
        auto said = events.take();
        ASSERT_FALSE(said.empty());
        EXPECT_EQ(said.back(), "over aborted: " + words);
        EXPECT_EQ(std::ranges::count_if(said, [](auto& s) { return s.starts_with("over"); }), 1);
    }
};

TEST_F(AbortTest, ByTheCheckOrTheReloadBeforeAnybodyIsAsked) {
    begin();
    machine.answer.check(fail(Errc::CheckFailed, "kho-version: is another one"));
    EXPECT_TRUE(failsWith(Errc::CheckFailed, answer, "kho-version"));
    expectBack("kho-version");
    begin();
    machine.answer.check("7.9");
    machine.answer.reload(fail(Errc::KernelRefused, "no signature"));
    EXPECT_TRUE(failsWith(Errc::KernelRefused, answer, "no signature"));
    EXPECT_EQ(answers, 1);
    expectBack("no signature");
    EXPECT_EQ(events.take(), (Said{}));
}

TEST_F(AbortTest, ByCommandWhileItIsChecked) {
    begin();
    auto lateAnswer = machine.answer.check;
    conductor->abort("changed my mind");
    EXPECT_TRUE(failsWith(Errc::CheckFailed, answer, "changed my mind"));
    expectBack("changed my mind");
    EXPECT_EQ(events.take(), (Said{}));
    begin();
    lateAnswer("7.9");
    EXPECT_EQ(phase(), Phase::Checking) << "that was an answer for the update before";
    EXPECT_FALSE(machine.answer.reload);
}

TEST_F(AbortTest, ByCommandWhileClientsGetReady) {
    auto vm = lock("vm");
    ask();
    conductor->abort("");
    expectBack("aborted by command");
    expectTold("aborted by command");
    EXPECT_EQ(answers, 1);
    conductor->released(vm);
    EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(AbortTest, ByCommandWhileSomethingIsUnderWay) {
    ask();
    ASSERT_EQ(phase(), Phase::Prepared);
    auto lateRecord = machine.answer.record;
    conductor->abort("stop");
    expectTold("stop");
    expectBack("stop");
    lateRecord({});
    EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(AbortTest, ByCommandWhileTheMachineGoesDown) {
    goToLeaving(UpdateMode::Systemd);
    EXPECT_TRUE(machine.custody);
    conductor->abort("stop");
    expectTold("stop");
    expectBack("stop");
}

TEST_F(AbortTest, NotByCommandWhileRebootIsBeingCalledButByItsAnswer) {
    goToLeaving(UpdateMode::Direct);
    conductor->abort("stop");
    EXPECT_EQ(phase(), Phase::Leaving);
    machine.answer.leave(fail(Errc::KernelRefused, "a device refused to freeze", EBUSY));
    expectTold("a device refused to freeze");
    expectBack("a device refused to freeze");
}

TEST_F(AbortTest, ByAShutdownThatCameToNothing) {
    goToLeaving(UpdateMode::Systemd);
    machine.answer.leave({});
    expectBack("did not go down");
}

TEST_F(AbortTest, ByAShutdownThatHangs) {
    policy.leaveTimeout = 10 * seconds;
    conductor->setPolicy(policy);
    auto vm = lock("vm");
    ask();
    machine.answer.record({});
    machine.pass(3 * seconds);
    conductor->released(vm);
    machine.pass(10 * seconds - 1);
    ASSERT_EQ(phase(), Phase::Leaving);
    machine.pass(1);
    expectBack("LeaveTimeoutSec=");
}

TEST_F(AbortTest, ByARecordThatTakesForEver) {
    ask();
    machine.pass(policy.leaveTimeout);
    expectBack("did not come to an end in time");
}

TEST_F(AbortTest, ByARecordThatCannotBeWritten) {
    lock("vm");
    ask();
    machine.answer.record(fail(Errc::KernelRefused, "disk full"));
    expectTold("disk full");
    expectBack("disk full");
}

TEST_F(AbortTest, ByAClientThatIsLate) {
    auto slow = lock("slow", InhibitMode::Delay, 2 * seconds), quick = lock("quick");
    ask();
    conductor->released(quick);
    EXPECT_EQ(conductor->awaited().at(0).readyBy, machine.clock + 2 * seconds);
    machine.pass(2 * seconds - 1);
    EXPECT_EQ(phase(), Phase::Preparing);
    machine.pass(1);
    std::string words = "slow (pid 77, uid 1000, slow.service) was not ready within 2 s";
    expectTold(words);
    expectBack(words);
    EXPECT_EQ(notedOf(last()), (Said{"requested", "checked", "asked", "asked slow", "asked quick", "ready quick", "late slow",
                                      "aborted"}));
    EXPECT_TRUE(life->registry.updates().inhibitors().contains(slow)) << "its lock counts for the next one";
}

TEST_F(AbortTest, ManyThatAreLateAreNotAllNamed) {
    for (int i = 0; i < 8; ++i)
        lock("c" + std::to_string(i));
    ask();
    machine.pass(policy.clientDeadline);
    expectBack("c4 (pid 77, uid 1000, c4.service) was not ready within 30 s; and 3 more");
}

TEST_F(AbortTest, NoClientGetsMoreThanAllTogether) {
    lock("greedy", InhibitMode::Delay, 3600 * seconds);
    ask({.deadline = 4 * seconds});
    EXPECT_EQ(conductor->current()->deadline, machine.clock + 4 * seconds);
    machine.pass(4 * seconds);
    expectBack("greedy");
}

TEST_F(AbortTest, OrItGoesOnWithoutThem) {
    lock("first", InhibitMode::Delay, 1 * seconds), lock("second", InhibitMode::Delay, 2 * seconds);
    auto quick = lock("quick", InhibitMode::Delay, 5 * seconds);
    ask({.goOnWithoutLate = true});
    machine.answer.record({});
    machine.pass(1 * seconds);
    EXPECT_EQ(phase(), Phase::Preparing);
    EXPECT_EQ(conductor->awaited().size(), 2u);
    conductor->released(quick);
    EXPECT_EQ(phase(), Phase::Preparing);
    machine.pass(1 * seconds);
    EXPECT_EQ(phase(), Phase::Leaving);
    EXPECT_EQ(notedOf(*conductor->current()),
              (Said{"requested", "checked", "asked", "asked first", "asked second", "asked quick", "late first", "ready quick",
                    "late second", "sealed", "left"}));
    EXPECT_NE(conductor->current()->find(Milestone::Late)->detail.find("first (pid 77"), std::string::npos);
}

TEST_F(AbortTest, TwoHundredClientsAreToldAtOnce) {
    life->custodian->setLimits({.inhibitorsPerUser = 1000});
    for (int i = 0; i < 200; ++i)
        lock("c" + std::to_string(i));
    ask();
    EXPECT_EQ(conductor->awaited().size(), 200u);
    conductor->abort("stop");
    expectTold("stop");
    expectBack("stop");
}

TEST_F(AbortTest, AfterwardsItCanBeTriedAgain) {
    auto vm = lock("vm");
    ask();
    conductor->abort("first try");
    ask();
    machine.answer.record({});
    conductor->released(vm);
    EXPECT_EQ(phase(), Phase::Leaving);
    EXPECT_EQ(life->registry.updates().past().size(), 1u);
    EXPECT_EQ(notedOf(*conductor->current()), (Said{"requested", "checked", "asked", "asked vm", "ready vm", "sealed", "left"}));
}

TEST_F(AbortTest, EvenIfItCannotBeWrittenDown) {
    goToLeaving(UpdateMode::Systemd);
    world.script.always("write", EIO);
    conductor->abort("stop");
    world.script.calm();
    expectTold("stop");
    expectBack("stop");
}

} // namespace
} // namespace luod::test
