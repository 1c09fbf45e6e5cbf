// SPDX-License-Identifier: LGPL-2.1-or-later

// What a starting luod makes of what is there. That nothing is lost by kills is in core_kills_test.cpp.

#include "core/names.hpp"
#include "support/open_fds.hpp"
#include "unit/core_life.hpp"

#include <zlib.h>

namespace luod::test {
namespace {

using Names = std::set<std::string>;

class RecoveryTest : public testing::Test {
protected:
    Result<> start() {
        life.reset();
        life = std::make_unique<Life>(world);
        return life->start();
    }
    // A first boot with a session "a" that holds two files, and luod dead.
    void boot() {
        ASSERT_TRUE(start());
        ASSERT_TRUE(life->create(1, "a"));
        ASSERT_TRUE(life->preserve(1, offers(offer(1, "one", "first"), offer(2, "two"))));
        life.reset();
    }
    int ledgerFd(std::uint64_t generation = 1) {
        return world.store.fds().find(fmt::format("l{}", generation))->second.get();
    }
    void overwrite(std::size_t at, const std::string& bytes) {
        (void)!::pwrite(ledgerFd(), bytes.data(), bytes.size(), off_t(at));
    }
    void expectRefused(const std::string& words, const Names& store) {
        ASSERT_TRUE(start());
        EXPECT_TRUE(life->noted(Note::LedgerRefused));
        ASSERT_TRUE(life->keeper.refusal());
        EXPECT_NE(life->keeper.refusal()->words.find(words), std::string::npos) << life->keeper.refusal()->words;
        EXPECT_EQ(world.store.names(), store) << "nothing is let go of";
        EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->create(1, "new")));
        EXPECT_TRUE(world.luo.thrownAway.empty());
    }
    const Session* come(const std::string& name) { return life->find(1, name, Direction::Incoming); }

    World world{};
    std::unique_ptr<Life> life;
};

// Else an older luod, after a downgrade, would take what is appended to it for damage.
TEST_F(RecoveryTest, ALedgerOfAnOlderFormatIsFollowedByOneOfThisOne) {
    boot();
    auto header = contentOf(ledgerFd()).substr(0, 24);
    header[8] = 1;
    auto crc = crc32(0, reinterpret_cast<const unsigned char*>(header.data()), unsigned(header.size()));
    for (int shift = 0; shift < 32; shift += 8)
        header += char(crc >> shift);
    overwrite(0, header);
    ASSERT_TRUE(start());
    EXPECT_EQ(life->keeper.generation(), 2u);
    EXPECT_FALSE(life->keeper.isOldFormat());
    ASSERT_TRUE(life->find(1, "a"));
    EXPECT_EQ(life->find(1, "a")->files.size(), 2u);
    auto state = bytesOf(life->registry);
    ASSERT_TRUE(start());
    EXPECT_EQ(life->keeper.generation(), 2u) << "once";
    EXPECT_EQ(bytesOf(life->registry), state);
}

TEST_F(RecoveryTest, BeginsAnewWhereThereIsNothing) {
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::None);
    EXPECT_TRUE(life->notes.empty());
    EXPECT_EQ(life->registry.boot().bootId, "boot1");
    EXPECT_EQ(life->registry.boot().release, "7.1");
    EXPECT_EQ(life->registry.boot().liveUpdates, 0u);
}

TEST_F(RecoveryTest, GoesOnWithTheLedgerOfThisBoot) {
    boot();
    auto fds = openFds();
    ASSERT_TRUE(start());
    EXPECT_TRUE(life->noted(Note::LedgerReplayed));
    EXPECT_EQ(life->notes.size(), 1u);
    EXPECT_EQ(life->find(1, "a")->files.size(), 2u);
    EXPECT_EQ(life->keeper.generation(), 1u);
    EXPECT_EQ(world.store.names(), (Names{"l1", "m1", "s1"}));
    EXPECT_EQ(life->create(1, "b"), 2u) << "ids go on";
    life.reset();
    world.store.lose("s2");
    EXPECT_EQ(world.luo.sessions().size(), 2u);
    EXPECT_EQ(openFds(), fds);
}

TEST_F(RecoveryTest, SessionsComeInAfterAKexec) {
    for (bool carry : {false, true}) {
        world.store.clearAfter([] {});
        world.boot = 1;
        boot();
        world.kexec(carry);
        ASSERT_TRUE(start());
        EXPECT_EQ(life->handover, Handover::Done);
        EXPECT_TRUE(life->noted(Note::LiveUpdateSeen));
        EXPECT_FALSE(life->noted(Note::Unclaimed));
        EXPECT_EQ(life->registry.boot().liveUpdates, 1u);
        EXPECT_EQ(life->registry.boot().bootId, "boot2");
        ASSERT_TRUE(come("a"));
        EXPECT_EQ(come("a")->files.at(1).state, FileState::Waiting);
        EXPECT_EQ(contentOf(life->retrieve(1, 2)->fd.get()), "two");
        EXPECT_EQ(world.store.names(), (Names{"l2", "m2", "s1"}));
        world.store.catchUp();
        EXPECT_EQ(world.luo.sessions().size(), 2u) << "the old marker is finished";
        EXPECT_TRUE(world.luo.thrownAway.empty());
        ASSERT_TRUE(life->finish(1));
    }
}

TEST_F(RecoveryTest, NothingIsChangedInABootThatCannotBeToldFromOthers) {
    boot();
    world.kexec(true);
    const auto store = world.store.names();
    const int real = std::exchange(world.boot, 0);
    EXPECT_TRUE(failsWith(Errc::Unavailable, start(), "cannot tell this boot from others"));
    EXPECT_EQ(world.store.names(), store);
    world.boot = real;
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Done);
    EXPECT_EQ(contentOf(life->retrieve(1, 2)->fd.get()), "two");
}

TEST_F(RecoveryTest, WhatBecameOfTheHandoverIsKnownAfterARestartToo) {
    boot();
    world.kexec(false);
    ASSERT_TRUE(start());
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Done);
    EXPECT_EQ(life->registry.boot().liveUpdates, 1u);
    EXPECT_FALSE(life->noted(Note::LiveUpdateSeen));
    ASSERT_TRUE(come("a"));
}

TEST_F(RecoveryTest, ATornLedgerIsGoneOnWith) {
    boot();
    auto used = contentOf(ledgerFd()).find_last_not_of('\0') + 1;
    overwrite(used, "\x20");
    ASSERT_TRUE(start());
    EXPECT_TRUE(life->noted(Note::LedgerTorn));
    EXPECT_EQ(life->find(1, "a")->files.size(), 2u);
    ASSERT_TRUE(start());
    EXPECT_FALSE(life->noted(Note::LedgerTorn));
}

TEST_F(RecoveryTest, ACorruptLedgerIsRefusedAndEverythingIsKept) {
    boot();
    overwrite(70, "nonsense");
    auto bytes = contentOf(ledgerFd());
    expectRefused("corrupt at byte 64", {"l1", "m1", "s1"});
    EXPECT_TRUE(contentOf(ledgerFd()) == bytes);
    life.reset();
    EXPECT_TRUE(world.luo.find(kernelName(1, "a"), false));
}

TEST_F(RecoveryTest, ACorruptLedgerOutOfAMarkerIsRefusedAndEverythingIsKept) {
    boot();
    overwrite(70, "nonsense");
    world.kexec(false);
    expectRefused("corrupt", {"mi1"});
    expectRefused("corrupt", {"mi1"});
    EXPECT_TRUE(world.luo.find(kernelName(1, "a"), true)) << "and the sessions stay where they are";
}

TEST_F(RecoveryTest, SomethingElseInTheLedgersPlaceIsRefused) {
    boot();
    world.store.lose("l1");
    world.store.put("l1", memfd("a shopping list").get());
    expectRefused("not one", {"l1", "m1", "s1"});
    world.script.fail("adopt", EINVAL);
    expectRefused("not one", {"l1", "m1", "s1"});
}

TEST_F(RecoveryTest, ARefusedLedgerIsNotPassedOverForAnother) {
    boot();
    world.store.put("l2", memfd("nonsense").get());
    expectRefused("not one", {"l1", "l2", "m1", "s1"});
}

TEST_F(RecoveryTest, SessionsWithoutALedgerAreKeptAndNothingIsChanged) {
    boot();
    world.store.lose("l1");
    world.store.lose("m1");
    expectRefused("no ledger that says whose they are", {"s1"});
    EXPECT_TRUE(world.luo.find(kernelName(1, "a"), false));
}

TEST_F(RecoveryTest, FdsThatTheLedgerDoesNotKnowAreReportedAndDropped) {
    boot();
    world.store.put("s9", memfd("x").get());
    world.store.put("r9.1", memfd("y").get());
    world.store.put("stranger", memfd("z").get());
    auto fds = openFds();
    ASSERT_TRUE(start());
    EXPECT_EQ(std::ranges::count(life->notes, Note::Unclaimed, &Note::kind), 3);
    EXPECT_EQ(world.store.names(), (Names{"l1", "m1", "s1"}));
    life.reset();
    world.store.catchUp();
    EXPECT_EQ(openFds(), fds - 3);
}

TEST_F(RecoveryTest, TheNewestCompleteLedgerIsTaken) {
    boot();
    auto oldLedger = dupOf(ledgerFd());
    world.firstSize = 4096;
    ASSERT_TRUE(start());
    while (life->keeper.generation() < 12) {
        ASSERT_TRUE(life->custodian->annotate(1, 1, "n", {{"k", std::string(3000, 'x')}}));
        life->workers.drain();
    }
    life.reset();
    world.store.put("l1", oldLedger.get());
    // One that was begun and not finished, as its number says the newest.
    auto unfinished = Ledger::begin(world.maker.empty(4096), 99);
    ASSERT_TRUE(unfinished->append(BootNoted{"boot1", "7.1"}));
    world.store.put("l99", unfinished->fd());
    ASSERT_TRUE(start());
    EXPECT_EQ(life->keeper.generation(), 12u);
    EXPECT_EQ(life->find(1, "a")->files.at(1).name, "n");
    EXPECT_EQ(world.store.names(), (Names{"l12", "m12", "s1"}));
}

TEST_F(RecoveryTest, ALedgerWithoutItsMarkerIsGivenOne) {
    boot();
    world.store.lose("m1");
    ASSERT_TRUE(start());
    EXPECT_TRUE(life->noted(Note::NoMarker));
    EXPECT_TRUE(life->keeper.hasMarker());
    EXPECT_EQ(world.store.names(), (Names{"l2", "m2", "s1"}));
}

TEST_F(RecoveryTest, ANearlyFullLedgerIsFollowedByAGreaterOneAtTheStart) {
    world.firstSize = 4096;
    boot();
    ASSERT_TRUE(start());
    while (life->workers.waiting() == 0)
        ASSERT_TRUE(life->custodian->annotate(1, 1, "first", {{"n", std::string(50, 'x')}}));
    ASSERT_TRUE(start());
    EXPECT_EQ(life->keeper.generation(), 2u);
    EXPECT_LT(life->keeper.used(), 1000u);
    while (life->workers.waiting() == 0)
        ASSERT_TRUE(life->custodian->annotate(1, 1, "first", {{"n", std::string(50, 'x')}}));
    life.reset();
    world.script.always("create", EBUSY);
    ASSERT_TRUE(start());
    EXPECT_EQ(life->keeper.generation(), 2u) << "it is not given up for one that has no marker";
    EXPECT_TRUE(life->keeper.hasMarker());
    EXPECT_EQ(world.store.names(), (Names{"l2", "m2", "s1"}));
}

// Growing waits for the loop; by then recovery's own idea of the registry is gone.
TEST_F(RecoveryTest, GrowsNothingBehindItsBackWhileItSettlesIntents) {
    world.firstSize = 4096;
    boot();
    ASSERT_TRUE(start());
    world.script.always("create", EBUSY);
    while (life->workers.waiting() == 0)
        ASSERT_TRUE(life->custodian->annotate(1, 1, "first", {{"n", std::string(50, 'x')}}));
    life->workers.drain();
    life->custodian->preserve(1, offers(offer(3, "three")), [](auto) {});
    ASSERT_TRUE(start());
    EXPECT_EQ(life->keeper.generation(), 1u);
    EXPECT_FALSE(life->find(1, "a")->files.contains(3));
    world.script.calm();
    while (life->keeper.generation() == 1) {
        ASSERT_TRUE(life->custodian->annotate(1, 1, "first", {{"n", std::string(50, 'x')}}));
        life->workers.drain();
    }
    auto state = bytesOf(life->registry);
    ASSERT_TRUE(start());
    EXPECT_EQ(bytesOf(life->registry), state);
}

TEST_F(RecoveryTest, AsksTheKernelWhatItHeardOfIntents) {
    boot();
    ASSERT_TRUE(start());
    life->custodian->preserve(1, offers(offer(3, "three"), offer(4, "four")), [](auto) {});
    world.script.fail("preserve", ENOMEM, 1);
    life->workers.work(1); // the first is taken, and then luod is killed
    ASSERT_TRUE(start());
    EXPECT_EQ(life->find(1, "a")->files.at(3).state, FileState::Preserved);
    EXPECT_FALSE(life->find(1, "a")->files.contains(4));
    auto state = bytesOf(life->registry);
    ASSERT_TRUE(start());
    EXPECT_EQ(bytesOf(life->registry), state) << "it is written down";
}

TEST_F(RecoveryTest, ASessionMissingInTheFdStoreIsLost) {
    boot();
    world.store.lose("s1");
    ASSERT_TRUE(start());
    EXPECT_TRUE(life->noted(Note::SessionLost));
    EXPECT_EQ(life->registry.find(1)->state, SessionState::Lost);
}

TEST_F(RecoveryTest, ALedgerThatAnotherLuodWroteWhileTheFdStoreTravelledLeavesNothingBehind) {
    ASSERT_TRUE(start()); // no session: its ledger need not lie in a marker
    life.reset();
    world.store.lose("m1");
    world.kexec(true);
    ASSERT_EQ(world.store.names(), Names{"l1"});
    ASSERT_TRUE(start());
    EXPECT_EQ(life->registry.boot().bootId, "boot2");
    EXPECT_EQ(world.store.names(), (Names{"l2", "m2"}));
}

} // namespace
} // namespace luod::test
