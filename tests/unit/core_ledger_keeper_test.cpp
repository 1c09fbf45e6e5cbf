// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/ledger_keeper.hpp"
#include "core/names.hpp"
#include "unit/core_life.hpp"

namespace luod::test {
namespace {

using Names = std::set<std::string>;

class LedgerKeeperTest : public testing::Test {
protected:
    // A luod with one session, and `left` bytes to go before its ledger is three quarters full.
    std::unique_ptr<Life> lifeWithFullLedger(std::size_t left = 100) {
        auto life = std::make_unique<Life>(world);
        EXPECT_TRUE(life->start());
        EXPECT_TRUE(life->create(1, "a"));
        EXPECT_TRUE(life->preserve(1, offers(offer(1, "one"))));
        while (life->keeper.used() + left < life->keeper.capacity() / 4 * 3)
            EXPECT_TRUE(life->custodian->annotate(1, 1, "note", {{"n", std::string(50, 'x')}}));
        return life;
    }
    Result<> annotate(Life& life, const std::string& text) {
        return life.custodian->annotate(1, 1, "note", {{"n", text}});
    }
    Result<> annotateUntilGrowing(Life& life) {
        for (int i = 0; i < 4; ++i) {
            if (auto done = annotate(life, std::string(50, char('a' + i))); !done)
                return done;
            if (life.workers.waiting())
                return {};
        }
        return fail(Errc::Busy, "it did not begin to grow");
    }
    std::string noteIn(const Life& life) {
        return std::get<std::string>(life.registry.find(1)->files.at(1).metadata.at("n"));
    }
    World world{};
};

TEST_F(LedgerKeeperTest, KeepsTheLedgerInTheFdStoreAndInASessionOfItsOwn) {
    Life life(world);
    ASSERT_TRUE(life.start());
    EXPECT_EQ(world.store.names(), (Names{"l1", "m1"}));
    auto* marker = world.luo.find("luod.marker.b", false);
    ASSERT_TRUE(marker);
    EXPECT_EQ(identityOf(marker->files.at(LedgerKeeper::ledgerToken).get()), identityOf(life.keeper.bytes()->fd()));
    EXPECT_EQ(life.keeper.generation(), 1u);
    EXPECT_EQ(life.keeper.capacity(), world.firstSize);
}

TEST_F(LedgerKeeperTest, GoesWithoutAMarkerWhereThereIsNoLiveUpdate) {
    world.script.always("create", ENODEV);
    Life life(world);
    ASSERT_TRUE(life.start());
    EXPECT_EQ(world.store.names(), Names{"l1"});
    EXPECT_FALSE(life.keeper.hasMarker());
    EXPECT_TRUE(failsWith(Errc::Unavailable, life.create(1, "a"), "/dev/liveupdate"));
    world.script.calm();
    ASSERT_TRUE(life.create(1, "a")) << "the marker is made when it is needed";
    EXPECT_EQ(world.store.names(), (Names{"l1", "m1", "s2"}));
    EXPECT_TRUE(life.keeper.hasMarker());
}

TEST_F(LedgerKeeperTest, CannotBeginWithoutMemoryAWriteOrAnFdStore) {
    for (auto [call, err] : {std::pair{"make", ENOMEM}, {"write", ENOSPC}, {"store", EPIPE}}) {
        World broken;
        broken.script.fail(call, err);
        Life life(broken);
        auto started = life.start();
        EXPECT_TRUE(failsWith(Errc::LedgerTrouble, started)) << call;
        EXPECT_EQ(started.error().err, err) << call;
        EXPECT_TRUE(broken.store.names().empty()) << call;
    }
}

TEST_F(LedgerKeeperTest, RefusesEveryChangeOnceToldTo) {
    Life life(world);
    ASSERT_TRUE(life.start());
    life.keeper.refuse({Errc::LedgerTrouble, "because"});
    auto before = bytesOf(life.registry);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life.keeper.record(life.registry, SessionGone{1}), "because"));
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life.create(1, "a"), "because"));
    EXPECT_EQ(bytesOf(life.registry), before);
}

TEST_F(LedgerKeeperTest, AFailedWriteChangesNothing) {
    Life life(world);
    ASSERT_TRUE(life.start());
    auto before = bytesOf(life.registry);
    world.script.fail("write", EIO);
    EXPECT_FALSE(life.keeper.record(life.registry, SessionAdded{Session{.id = 5, .name = "x"}}));
    EXPECT_EQ(bytesOf(life.registry), before);
}

TEST_F(LedgerKeeperTest, GrowsAtThreeQuartersAndTakesTurnsWithTheMarkersNames) {
    world.firstSize = 4096;
    auto life = lifeWithFullLedger();
    EXPECT_EQ(life->workers.waiting(), 0u);
    for (std::uint64_t generation = 2; generation < 6; ++generation) {
        while (life->workers.waiting() == 0)
            ASSERT_TRUE(annotate(*life, std::string(50, 'y')));
        life->workers.drain();
        EXPECT_EQ(life->keeper.generation(), generation);
        EXPECT_EQ(world.store.names(), (Names{fmt::format("l{}", generation), fmt::format("m{}", generation), "s1"}));
        world.store.catchUp();
        EXPECT_TRUE(world.luo.find(std::string(markerNames[generation % 2]), false));
        EXPECT_FALSE(world.luo.find(std::string(markerNames[(generation + 1) % 2]), false))
            << "the one before is let go";
        EXPECT_TRUE(life->keeper.hasMarker());
        EXPECT_LT(life->keeper.used(), life->keeper.capacity() / 2);
    }
}

TEST_F(LedgerKeeperTest, ChangesMadeWhileItGrowsAreInTheNewLedger) {
    auto life = lifeWithFullLedger();
    ASSERT_TRUE(annotateUntilGrowing(*life));
    life->workers.work(0);
    ASSERT_TRUE(annotate(*life, "in the meantime"));
    life->workers.deliver();
    EXPECT_EQ(life->keeper.generation(), 2u);
    auto state = bytesOf(life->registry);
    life.reset();
    Life next(world);
    ASSERT_TRUE(next.start());
    EXPECT_EQ(noteIn(next), "in the meantime");
    EXPECT_EQ(bytesOf(next.registry), state);
}

TEST_F(LedgerKeeperTest, PutsTheNewGenerationAwayBeforeTheOldOneIsLetGo) {
    auto life = lifeWithFullLedger();
    ASSERT_TRUE(annotateUntilGrowing(*life));
    life->workers.work(0);
    world.script.calls = 0;
    std::size_t records = 0;
    life->registry.snapshot([&](const Record&) { ++records; });
    world.script.killAt = records + 3; // the snapshot; store l2; store m2; here the first removal
    EXPECT_THROW(life->workers.deliver(), Killed);
    EXPECT_EQ(world.script.killedIn, "remove");
    EXPECT_EQ(world.store.names(), (Names{"l1", "l2", "m1", "m2", "s1"}));
}

TEST_F(LedgerKeeperTest, TheOldLedgerStaysWhereTheMarkerCannotBeMade) {
    auto life = lifeWithFullLedger();
    world.script.always("create", EBUSY);
    ASSERT_TRUE(annotateUntilGrowing(*life));
    life->workers.drain();
    EXPECT_EQ(life->keeper.generation(), 1u);
    EXPECT_EQ(world.store.names(), (Names{"l1", "m1", "s1"}));
    ASSERT_TRUE(annotate(*life, "z"));
    EXPECT_EQ(life->workers.waiting(), 0u) << "it is not tried again at every change";
    world.script.calm();
    while (life->workers.waiting() == 0)
        ASSERT_TRUE(annotate(*life, std::string(50, 'y')));
    life->workers.drain();
    EXPECT_EQ(life->keeper.generation(), 2u);
}

TEST_F(LedgerKeeperTest, TheOldLedgerStaysWhereTheNewOneCannotBeMadeWrittenOrStored) {
    for (auto [call, after] : {std::pair{"make", 0}, {"write", 0}, {"write", 2}, {"store", 0}, {"preserve", 0}}) {
        World fresh;
        fresh.firstSize = 4096;
        Life life(fresh);
        ASSERT_TRUE(life.start());
        ASSERT_TRUE(life.create(1, "a"));
        ASSERT_TRUE(life.preserve(1, offers(offer(1, "one"))));
        while (life.workers.waiting() == 0)
            ASSERT_TRUE(annotate(life, std::string(50, 'y')));
        fresh.script.fail(call, EIO, std::size_t(after));
        life.workers.drain();
        EXPECT_EQ(life.keeper.generation(), 1u) << call;
        EXPECT_EQ(fresh.store.names(), (Names{"l1", "m1", "s1"})) << call;
        EXPECT_TRUE(annotate(life, "goes on")) << call;
        fresh.store.catchUp();
        EXPECT_EQ(fresh.luo.sessions().size(), 2u) << call << ": no second marker is left";
    }
}

TEST_F(LedgerKeeperTest, ARecordThatDoesNotFitMakesItGrowSoThatItFitsNext) {
    world.firstSize = 4096;
    Life life(world);
    ASSERT_TRUE(life.start());
    ASSERT_TRUE(life.create(1, "a"));
    ASSERT_TRUE(life.preserve(1, offers(offer(1, "one"))));
    Metadata much{{"n", std::string(4000, 'x')}};
    ASSERT_LT(life.keeper.used() * 2, life.keeper.capacity());
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life.custodian->annotate(1, 1, "big", much), "try again"));
    life.workers.drain();
    EXPECT_EQ(life.keeper.generation(), 2u);
    EXPECT_TRUE(life.custodian->annotate(1, 1, "big", much));
}

TEST_F(LedgerKeeperTest, SaysWhatToDoWhereItCannotGrow) {
    world.firstSize = 4096;
    Life life(world);
    ASSERT_TRUE(life.start());
    ASSERT_TRUE(life.create(1, "a"));
    ASSERT_TRUE(life.preserve(1, offers(offer(1, "one"))));
    world.script.always("make", ENOMEM);
    Result<> answer;
    for (int i = 0; i < 1000 && answer; ++i) {
        answer = annotate(life, std::string(50, 'y'));
        life.workers.drain();
    }
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, answer, "the ledger is full"));
    EXPECT_EQ(noteIn(life), std::string(50, 'y'));
    EXPECT_TRUE(life.discard(1)) << "a small record fits still";
}

TEST_F(LedgerKeeperTest, KilledAtEveryStepOfGrowingItLosesNothing) {
    std::size_t steps = 0;
    for (std::size_t kill = 1; kill == 1 || steps; ++kill) {
        SCOPED_TRACE(fmt::format("killed at call {}", kill));
        World fresh;
        fresh.firstSize = 4096;
        auto life = std::make_unique<Life>(fresh);
        ASSERT_TRUE(life->start());
        ASSERT_TRUE(life->create(1, "a"));
        ASSERT_TRUE(life->preserve(1, offers(offer(1, "one"))));
        while (life->workers.waiting() == 0)
            ASSERT_TRUE(annotate(*life, std::string(50, 'y')));
        ASSERT_TRUE(annotate(*life, "last"));
        auto state = bytesOf(life->registry);
        fresh.script.calls = 0;
        fresh.script.killAt = kill;
        steps = 0;
        try {
            life->workers.drain();
        } catch (const Killed&) {
            steps = kill;
        }
        life.reset();
        fresh.script.calm();
        Life next(fresh);
        ASSERT_TRUE(next.start());
        EXPECT_EQ(bytesOf(next.registry), state);
        EXPECT_TRUE(next.keeper.hasMarker());
        auto generation = next.keeper.generation();
        EXPECT_EQ(fresh.store.names(), (Names{fmt::format("l{}", generation), fmt::format("m{}", generation), "s1"}));
        ASSERT_TRUE(annotate(next, "and on"));
        ASSERT_LT(kill, 100u);
        if (kill == 1) {
            ASSERT_TRUE(steps);
        }
    }
}

TEST_F(LedgerKeeperTest, WhatAChangeCostsDoesNotDependOnHowMuchIsHeld) {
    world.firstSize = 1 << 22;
    Life life(world);
    ASSERT_TRUE(life.start());
    auto cost = [&](auto change) {
        auto bytes = FakeLedgerBytes::written, writes = FakeLedgerBytes::writes;
        change();
        EXPECT_EQ(FakeLedgerBytes::writes - writes, 1u);
        return FakeLedgerBytes::written - bytes;
    };
    auto add = [&](SessionId id) {
        return cost([&] {
            ASSERT_TRUE(life.keeper.record(life.registry, SessionAdded{Session{.id = id, .name = std::to_string(id)}}));
        });
    };
    auto annotated = [&] {
        return cost([&] { ASSERT_TRUE(life.keeper.record(life.registry, FileAnnotated{1000, 1, "name", {}})); });
    };
    auto firstAdd = add(1000);
    ASSERT_TRUE(life.keeper.record(life.registry, FilesListed{1000, {File{.token = 1}}}));
    auto firstAnnotated = annotated();
    for (SessionId id = 1001; id < 3000; ++id)
        ASSERT_EQ(add(id), firstAdd);
    EXPECT_EQ(annotated(), firstAnnotated);
    EXPECT_EQ(life.workers.waiting(), 0u);
}

// The ledger that a marker was asked for may have been followed by another before its turn came.
TEST_F(LedgerKeeperTest, AMarkerMadeForAnOlderGenerationIsNotTakenForTheNewOnes) {
    world.script.always("create", ENODEV);
    world.firstSize = 4096;
    Life life(world);
    ASSERT_TRUE(life.start());
    while (life.workers.waiting() == 0)
        ASSERT_TRUE(life.keeper.record(life.registry, BootNoted{"boot1", "7.1"}));
    Result<SessionId> answer;
    life.custodian->create({1, "a"}, [&](auto given) { answer = given; });
    life.workers.work(0); // the new ledger, which gets no marker either
    world.script.calm();
    life.workers.deliver();
    ASSERT_EQ(life.keeper.generation(), 2u);
    life.workers.drain();
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, answer, "try again"));
    EXPECT_FALSE(life.keeper.hasMarker());
    EXPECT_EQ(world.store.names(), Names{"l2"});
    ASSERT_TRUE(life.create(1, "a"));
    EXPECT_EQ(identityOf(world.luo.of(world.store.fds().find("m2")->second.get())->files.at(0).get()),
              identityOf(life.keeper.bytes()->fd()));
}

} // namespace
} // namespace luod::test
