// SPDX-License-Identifier: LGPL-2.1-or-later
#include "unit/core_drive.hpp"

namespace luod::test {
namespace {

using ConductorTest = DriveTest;

TEST_F(ConductorTest, LeadsTheMachineOver) {
    auto vm = lock("vm"), db = lock("db");
    begin({.mode = UpdateMode::Direct, .reason = "fix"});
    EXPECT_EQ(phase(), Phase::Checking);
    EXPECT_EQ(machine.take(), (Said{"check"}));
    machine.answer.check("7.9");
    EXPECT_EQ(machine.take(), (Said{"reload"}));
    EXPECT_EQ(answers, 0);
    EXPECT_EQ(events.take(), (Said{})) << "nobody has been told yet";
    machine.answer.reload({});
    EXPECT_EQ(phase(), Phase::Preparing);
    EXPECT_EQ(answer.value(), "u1");
    EXPECT_EQ(events.take(), (Said{"prepare u1 7.9"}));
    EXPECT_EQ(machine.take(), (Said{"take custody", "write record"})) << "so that nobody waits for it later";
    machine.answer.record({});
    EXPECT_FALSE(isSealed());
    machine.clock += 5;
    conductor->released(vm);
    EXPECT_EQ(phase(), Phase::Preparing);
    EXPECT_EQ(conductor->awaited().size(), 1u);
    EXPECT_TRUE(conductor->isAwaited(db));
    EXPECT_FALSE(conductor->isAwaited(vm));
    conductor->released(db);
    EXPECT_EQ(phase(), Phase::Leaving);
    EXPECT_EQ(machine.take(), (Said{"take custody", "leave"}));
    EXPECT_TRUE(isSealed());
    EXPECT_FALSE(machine.alarmed()) << "reboot() answers, or luod is no more";
    EXPECT_EQ(notedOf(*conductor->current()), (Said{"requested", "checked", "asked", "asked vm", "asked db", "ready vm",
                                                      "ready db", "sealed", "left"}));
    EXPECT_EQ(events.moments, (Said{"requested 0", "checked 0", "asked 2", "ready vm 1", "ready db 0", "sealed 0", "left 0"}));
    EXPECT_EQ(conductor->current()->find(Milestone::Ready)->at.monotonic, machine.clock);
    EXPECT_EQ(conductor->current()->find(Milestone::Ready)->detail, "vm.service");
    EXPECT_EQ(conductor->current()->from, "7.1");
    EXPECT_EQ(conductor->current()->to, "7.9");
    EXPECT_EQ(conductor->current()->reason, "fix");
}

TEST_F(ConductorTest, GoesStraightOnWhereNobodyIsToBeAsked) {
    ask();
    EXPECT_EQ(phase(), Phase::Prepared) << "the record is still being written";
    machine.answer.record({});
    EXPECT_EQ(phase(), Phase::Leaving);
    EXPECT_TRUE(machine.alarmed()) << "a shutdown may hang";
}

TEST_F(ConductorTest, PortsThatAnswerAtOnceAreNoTrouble) {
    struct Eager : FakeMachine {
        using FakeMachine::FakeMachine;
        void check(const Update&, Done<std::string> done) override { done("7.9"); }
        void reload(const Update&, Done<> done) override { done({}); }
        void writeRecord(const Update&, Done<> done) override { done({}); }
        void leave(const Update&, Done<> done) override { done(fail(Errc::KernelRefused, "a freeze was refused")); }
    } eager(world);
    conductor.emplace(eager, *life->custodian, life->keeper, life->registry, events);
    begin({.mode = UpdateMode::Direct});
    EXPECT_EQ(answers, 1);
    EXPECT_TRUE(answer);
    EXPECT_EQ(phase(), Phase::Idle);
    EXPECT_EQ(last().words, "a freeze was refused");
    EXPECT_EQ(eager.take(), (Said{"take custody", "take custody", "give back custody", "drop record"}));
    EXPECT_FALSE(isSealed());
}

TEST_F(ConductorTest, WaitsForWhatIsUnderWayInTheKernel) {
    auto id = *life->create(1, "a");
    auto vm = lock("vm");
    ask();
    machine.answer.record({});
    Result<> preserved = fail(Errc::Busy, "not yet");
    life->custodian->preserve(id, offers(offer(1, "one")), [&](auto r) { preserved = r; });
    conductor->released(vm);
    EXPECT_EQ(phase(), Phase::Prepared);
    Result<> refused;
    life->custodian->preserve(id, offers(offer(2, "two")), [&](auto r) { refused = r; });
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, refused, "luoctl status"));
    life->workers.drain();
    EXPECT_TRUE(preserved);
    EXPECT_EQ(phase(), Phase::Leaving);
}

TEST_F(ConductorTest, SealedNothingThatTheKernelWouldHearOfIsDone) {
    auto a = *life->create(1, "a");
    ASSERT_TRUE(life->preserve(a, offers(offer(1, "one", "first"), offer(2, "two"))));
    life->custodian->seal();
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->create(1, "b")));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->preserve(a, offers(offer(3, "3")))));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->notePreserved(a, offers(claim(3)))));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->takeOut(a, 1)));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->discard(a)));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->custodian->open(a)));
    EXPECT_TRUE(life->custodian->annotate(a, 1, "other", {})) << "the ledger goes along as it is then";
    life->custodian->unseal();
    EXPECT_TRUE(life->takeOut(a, 1));
    life.reset();
    world.kexec(false);
    start();
    life->custodian->seal();
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->retrieve(a, 2)));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, life->finish(a)));
    EXPECT_TRUE(life->custodian->noteRetrieved(a, {2})) << "that has happened already";
    life->custodian->unseal();
    EXPECT_TRUE(life->finish(a));
}

TEST_F(ConductorTest, ASessionThatCannotBeMadeAnewStopsIt) {
    auto a = *life->create(1, "a");
    ASSERT_TRUE(life->preserve(a, offers(offer(1, "one"), offer(2, "two"))));
    world.script.always("create", EBUSY);
    EXPECT_FALSE(life->takeOut(a, 1));
    auto vm = lock("vm");
    ask();
    machine.answer.record({});
    conductor->released(vm);
    EXPECT_EQ(phase(), Phase::Prepared) << "it is tried once more";
    life->workers.drain();
    EXPECT_EQ(phase(), Phase::Idle);
    EXPECT_NE(last().words.find("'a' of uid 1 could not be made anew"), std::string::npos) << last().words;
    world.script.calm();
    ask();
    machine.answer.record({});
    life->workers.drain();
    EXPECT_EQ(phase(), Phase::Leaving);
    EXPECT_EQ(life->registry.find(a)->state, SessionState::Active);
}

TEST_F(ConductorTest, OneAtATimeAndNotWithoutAKernel) {
    begin();
    Result<std::string> second;
    conductor->begin({}, [&](auto r) { second = r; });
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, second, "checking"));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, conductor->mayLoad()));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, conductor->noteLoaded({})));
    EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, conductor->noteUnloaded()));
    conductor->abort("");
    ASSERT_TRUE(conductor->noteUnloaded());
    begin();
    EXPECT_TRUE(failsWith(Errc::CheckFailed, answer, "luoctl load"));
}

TEST_F(ConductorTest, BlockersAreNamedAndCanBeForced) {
    auto id = lock("backup", InhibitMode::Block);
    begin();
    EXPECT_TRUE(failsWith(Errc::Inhibited, answer, "backup (pid 77, uid 1000, backup.service): guests"));
    EXPECT_EQ(phase(), Phase::Idle);
    begin({.forced = {"inhibitors"}});
    passCheck();
    EXPECT_TRUE(answer);
    EXPECT_EQ(conductor->awaited().size(), 0u) << "who blocks is not asked";
    conductor->abort("");
    conductor->released(id);
    ask();
}

TEST_F(ConductorTest, ABlockerThatComesWhileItIsCheckedStopsIt) {
    begin();
    lock("backup", InhibitMode::Block);
    machine.answer.check("7.9");
    EXPECT_TRUE(failsWith(Errc::Inhibited, answer, "backup"));
    EXPECT_EQ(phase(), Phase::Idle);
    EXPECT_EQ(last().outcome, "aborted");
    EXPECT_EQ(events.take(), (Said{}));
}

TEST_F(ConductorTest, OnceAllWereAskedNobodyElseHasASay) {
    begin();
    auto late = lock("came while it was checked");
    passCheck();
    EXPECT_TRUE(conductor->isAwaited(late));
    for (InhibitMode mode : {InhibitMode::Delay, InhibitMode::Block})
        EXPECT_TRUE(failsWith(Errc::UpdateUnderWay, conductor->inhibit({.who = "x", .why = "y", .mode = mode})));
    conductor->abort("");
    lock("x");
}

TEST_F(ConductorTest, LocksAreLimitedAndTheirWordsChecked) {
    life->custodian->setLimits({.inhibitors = 4, .inhibitorsPerUser = 2});
    lock("a"), lock("b");
    EXPECT_TRUE(failsWith(Errc::LimitReached, conductor->inhibit({.uid = 1000, .who = "c", .why = "d"}), "MaxInhibitorsPerUser="));
    lock("root's", InhibitMode::Delay, 0, 0);
    lock("other's", InhibitMode::Delay, 0, 7);
    EXPECT_TRUE(failsWith(Errc::LimitReached, conductor->inhibit({.uid = 0, .who = "c", .why = "d"}), "MaxInhibitors="));
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, conductor->inhibit({.who = "", .why = "d"}), "'who'"));
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, conductor->inhibit({.who = "c", .why = "a\nb"}), "'why'"));
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, conductor->inhibit({.who = "c", .why = std::string(257, 'x')})));
}

TEST_F(ConductorTest, RefusesWhatCannotBeWrittenDown) {
    world.script.fail("write", EIO);
    begin();
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, answer));
    EXPECT_EQ(phase(), Phase::Idle);
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, conductor->inhibit({.who = "a", .why = "b"})));
    begin();
    machine.answer.check("7.9");
    world.script.fail("write", EIO);
    machine.answer.reload({});
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, answer)) << "before anybody is asked";
    EXPECT_EQ(events.take(), (Said{}));
    EXPECT_EQ(phase(), Phase::Idle);
}

} // namespace
} // namespace luod::test
