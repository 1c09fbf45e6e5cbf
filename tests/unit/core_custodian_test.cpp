// SPDX-License-Identifier: LGPL-2.1-or-later

// Sessions: made, lent, finished, discarded. Their files are in core_custodian_files_test.cpp.

#include "core/names.hpp"
#include "support/open_fds.hpp"
#include "unit/core_life.hpp"

namespace luod::test {
namespace {

using Said = std::vector<std::string>;

class CustodianTest : public testing::Test {
protected:
    void SetUp() override { start(); }
    void start() {
        life.reset();
        life = std::make_unique<Life>(world);
        ASSERT_TRUE(life->start());
    }
    // Restarted in the next kernel.
    void kexec() {
        life.reset();
        world.kexec(false);
        start();
    }
    void limit(auto member, std::size_t value) {
        Limits limits = life->custodian->limits();
        limits.*member = value;
        life->custodian->setLimits(limits);
    }
    World world{};
    std::unique_ptr<Life> life;
};

TEST_F(CustodianTest, CreatesASessionAndKeepsItsFd) {
    auto id = life->create(1000, "vm", "vm.service");
    ASSERT_TRUE(id);
    const Session* s = life->find(1000, "vm");
    ASSERT_TRUE(s);
    EXPECT_EQ(std::tie(s->id, s->owner, s->name, s->unit), std::tuple(*id, 1000u, "vm", "vm.service"));
    EXPECT_EQ(s->kernelName, kernelName(1000, "vm"));
    EXPECT_EQ(s->created, 1001u);
    EXPECT_EQ(s->state, SessionState::Active);
    EXPECT_EQ(s->direction, Direction::Outgoing);
    EXPECT_TRUE(world.luo.find(s->kernelName, false));
    EXPECT_TRUE(world.store.contains(sessionFdName(*id)));
    EXPECT_EQ(life->events.take(), Said{"added vm"});
}

TEST_F(CustodianTest, RefusesBadAndTakenNames) {
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->create(1, "")));
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, life->create(1, "a\nb")));
    ASSERT_TRUE(life->create(1, "a"));
    EXPECT_TRUE(failsWith(Errc::NameTaken, life->create(1, "a"), "uid 1 has an outgoing session 'a' already"));
    EXPECT_TRUE(life->create(2, "a"));
}

TEST_F(CustodianTest, RefusesANameThatIsOnItsWay) {
    Result<SessionId> first, second;
    life->custodian->create({1, "a"}, [&](auto r) { first = r; });
    life->custodian->create({1, "a"}, [&](auto r) { second = r; });
    EXPECT_TRUE(failsWith(Errc::NameTaken, second));
    life->workers.drain();
    EXPECT_TRUE(first);
}

TEST_F(CustodianTest, GivesEachOfManyOnTheirWayItsOwnId) {
    std::set<SessionId> ids;
    for (auto name : {"a", "b", "c"})
        life->custodian->create({1, name}, [&](auto id) { ids.insert(*id); });
    life->workers.drain();
    EXPECT_EQ(ids.size(), 3u);
}

TEST_F(CustodianTest, HoldsUsersToTheirLimitButNotRoot) {
    limit(&Limits::sessionsPerUser, 2);
    ASSERT_TRUE(life->create(1, "a"));
    ASSERT_TRUE(life->create(1, "b"));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->create(1, "c"), "MaxSessionsPerUser="));
    EXPECT_TRUE(life->create(2, "c"));
    for (auto name : {"a", "b", "c"})
        EXPECT_TRUE(life->create(0, name));
    limit(&Limits::sessions, 6);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->create(0, "d"), "MaxSessions="));
    ASSERT_TRUE(life->discard(life->find(1, "a")->id));
    EXPECT_TRUE(life->create(1, "c"));
}

TEST_F(CustodianTest, CountsSessionsThatAreOnTheirWay) {
    limit(&Limits::sessionsPerUser, 2);
    int made = 0, refused = 0;
    for (auto name : {"a", "b", "c", "d"})
        life->custodian->create({1, name}, [&](auto r) { ++(r ? made : refused); });
    life->workers.drain();
    EXPECT_EQ(made, 2);
    EXPECT_EQ(refused, 2);
    limit(&Limits::sessions, 3);
    life->custodian->create({2, "a"}, [](auto) {});
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->create(3, "a")));
}

TEST_F(CustodianTest, RefusesWhatTheFdStoreHasNoRoomFor) {
    world.store.room = 6;
    ASSERT_TRUE(life->create(1, "a"));
    ASSERT_TRUE(life->create(1, "b"));
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->create(1, "c"), "FileDescriptorStoreMax="));
    EXPECT_LE(world.store.fds().size(), 6u);
}

TEST_F(CustodianTest, ASessionThatCannotBeStoredOrWrittenDownDoesNotExist) {
    auto files = openFds();
    world.script.fail("store", ENOBUFS);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->create(1, "a"), "service manager"));
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->create(1, "b")));
    world.store.catchUp();
    EXPECT_EQ(world.luo.sessions().size(), 1u) << "the marker only";
    EXPECT_EQ(world.store.names(), (std::set<std::string>{"l1", "m1"}));
    EXPECT_EQ(life->registry.total().sessions, 0u);
    EXPECT_TRUE(life->events.take().empty());
    EXPECT_EQ(openFds(), files);
    EXPECT_TRUE(life->create(1, "a"));
}

TEST_F(CustodianTest, SaysWhatTheKernelHadAgainstCreating) {
    for (auto [err, code] : {std::pair{ENODEV, Errc::Unavailable},
                             {EACCES, Errc::Unavailable},
                             {EBUSY, Errc::Busy},
                             {EIO, Errc::Unavailable},
                             {ENOSPC, Errc::LimitReached},
                             {ENOMEM, Errc::LimitReached},
                             {EMFILE, Errc::LimitReached},
                             {EINVAL, Errc::KernelRefused}}) {
        world.script.fail("create", err);
        auto answer = life->create(1, "a");
        EXPECT_TRUE(failsWith(code, answer, "session 'a'")) << err;
        EXPECT_EQ(answer.error().err, err);
        EXPECT_EQ(life->registry.total().sessions, 0u);
    }
    EXPECT_TRUE(life->create(1, "a"));
}

TEST_F(CustodianTest, ANameWhoseFdSomebodyElseHoldsIsTaken) {
    auto id = life->create(1, "a");
    UniqueFd borrowed = dupOf((*life->custodian->open(*id))->get());
    ASSERT_TRUE(life->discard(*id));
    EXPECT_TRUE(failsWith(Errc::NameTaken, life->create(1, "a"), "somebody holds its file descriptor"));
    borrowed.reset();
    EXPECT_TRUE(life->create(1, "a"));
}

// The service manager lets go of a session when it gets round to it: nobody has to wait and try again for that.
TEST_F(CustodianTest, ADiscardedNameIsFreeAtOnce) {
    ASSERT_TRUE(life->discard(*life->create(1, "a")));
    EXPECT_TRUE(life->create(1, "a"));
}

TEST_F(CustodianTest, OpenLendsTheSessionOfEitherDirection) {
    auto id = life->create(1, "a");
    auto lent = life->custodian->open(*id);
    ASSERT_TRUE(lent);
    EXPECT_EQ(world.luo.of((*lent)->get())->name, kernelName(1, "a"));
    EXPECT_TRUE(life->registry.find(*id)->lent);
    auto used = life->keeper.used();
    ASSERT_TRUE(life->custodian->open(*id));
    EXPECT_EQ(life->keeper.used(), used) << "written down once";
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->custodian->open(99)));
    lent = {};
    kexec();
    ASSERT_TRUE(life->custodian->open(*id));
}

TEST_F(CustodianTest, OpenGivesNothingOutThatTheLedgerDoesNotKnowOf) {
    auto id = life->create(1, "a");
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->custodian->open(*id)));
    EXPECT_FALSE(life->registry.find(*id)->lent);
}

TEST_F(CustodianTest, DiscardLetsGoOfEverything) {
    auto files = openFds();
    auto id = life->create(7, "a");
    ASSERT_TRUE(life->preserve(*id, offers(offer(1, "x"))));
    life->events.take();
    ASSERT_TRUE(life->discard(*id));
    EXPECT_EQ(life->events.take(), Said{fmt::format("gone {} of 7", *id)});
    EXPECT_FALSE(life->registry.find(*id));
    EXPECT_FALSE(world.store.contains(sessionFdName(*id)));
    world.store.catchUp();
    EXPECT_FALSE(world.luo.find(kernelName(7, "a"), false));
    EXPECT_EQ(openFds(), files);
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->discard(*id)));
}

TEST_F(CustodianTest, FinishIsForIncomingSessions) {
    auto id = life->create(1, "a");
    ASSERT_TRUE(life->preserve(*id, offers(offer(1, "x"))));
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->finish(*id), "is outgoing"));
    kexec();
    ASSERT_TRUE(life->finish(*id));
    EXPECT_EQ(life->events.take(), Said{fmt::format("gone {} of 1", *id)});
    world.store.catchUp();
    EXPECT_EQ(world.luo.find(kernelName(1, "a"), true), nullptr);
    EXPECT_TRUE(world.luo.thrownAway.empty()) << "the kernel was told";
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->finish(*id)));
}

TEST_F(CustodianTest, DiscardingAnIncomingSessionFinishesIt) {
    auto id = life->create(1, "a");
    kexec();
    ASSERT_TRUE(life->discard(*id));
    world.store.catchUp();
    EXPECT_TRUE(world.luo.thrownAway.empty());
}

TEST_F(CustodianTest, ASessionThatCannotBeFinishedYetStays) {
    auto id = life->create(1, "a");
    kexec();
    world.script.fail("finish", EBUSY);
    EXPECT_TRUE(failsWith(Errc::Busy, life->finish(*id), "not in use again"));
    world.script.fail("finish", EIO);
    EXPECT_TRUE(failsWith(Errc::KernelRefused, life->finish(*id)));
    EXPECT_TRUE(world.store.contains(sessionFdName(*id)));
    EXPECT_TRUE(life->finish(*id));
}

TEST_F(CustodianTest, FinishThatCannotBeWrittenDownIsAskedForAgain) {
    auto id = life->create(1, "a");
    kexec();
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->finish(*id)));
    EXPECT_TRUE(life->registry.find(*id));
    EXPECT_TRUE(world.store.contains(sessionFdName(*id)));
    EXPECT_TRUE(life->finish(*id));
}

TEST_F(CustodianTest, NothingElseBeginsWhileASessionIsLeaving) {
    auto id = life->create(1, "a");
    ASSERT_TRUE(life->preserve(*id, offers(offer(1, "x"))));
    Result<> discarded = fail(Errc::Busy, "not yet");
    life->custodian->discard(*id, [&](auto r) { discarded = r; });
    auto now = [&](auto ask) {
        Result<> answer;
        ask([&](auto r) { answer = r ? Result<>() : std::unexpected(r.error()); });
        return answer;
    };
    EXPECT_TRUE(failsWith(Errc::Busy, life->custodian->open(*id)));
    EXPECT_TRUE(failsWith(Errc::Busy, life->custodian->annotate(*id, 1, "n", {})));
    EXPECT_TRUE(failsWith(Errc::Busy, now([&](auto done) { life->custodian->discard(*id, done); })));
    EXPECT_TRUE(failsWith(Errc::Busy, now([&](auto done) { life->custodian->takeOut(*id, 1, done); })));
    EXPECT_TRUE(
        failsWith(Errc::Busy, now([&](auto done) { life->custodian->preserve(*id, offers(offer(2, "y")), done); })));
    EXPECT_TRUE(failsWith(Errc::NameTaken, life->create(1, "a")));
    life->workers.drain();
    EXPECT_TRUE(discarded);
    EXPECT_FALSE(life->registry.find(*id));
}

TEST_F(CustodianTest, DiscardWaitsForWhatIsAtWorkAlready) {
    auto id = life->create(1, "a");
    Said answers;
    life->custodian->preserve(*id, offers(offer(1, "x")),
                              [&](auto r) { answers.push_back(r ? "preserved" : "refused"); });
    life->custodian->discard(*id, [&](auto r) { answers.push_back(r ? "discarded" : "refused"); });
    life->workers.drain();
    EXPECT_EQ(answers, (Said{"preserved", "discarded"}));
    world.store.catchUp();
    EXPECT_EQ(world.luo.sessions().size(), 1u);
}

TEST_F(CustodianTest, SessionsAtWorkDoNotWaitForEachOther) {
    auto a = life->create(1, "a"), b = life->create(1, "b");
    Said answers;
    life->custodian->preserve(*a, offers(offer(1, "x")), [&](auto) { answers.push_back("a"); });
    life->custodian->preserve(*b, offers(offer(1, "y")), [&](auto) { answers.push_back("b"); });
    life->workers.work(*b);
    life->workers.deliver();
    EXPECT_EQ(answers, Said{"b"});
    life->workers.drain();
    EXPECT_EQ(answers, (Said{"b", "a"}));
}

TEST_F(CustodianTest, ALostSessionCanOnlyBeDiscarded) {
    auto id = life->create(1, "a");
    ASSERT_TRUE(life->preserve(*id, offers(offer(1, "x", "name"))));
    life.reset();
    world.store.lose(sessionFdName(*id));
    start();
    EXPECT_TRUE(life->noted(Note::SessionLost));
    EXPECT_TRUE(failsWith(Errc::Lost, life->custodian->open(*id), "Discard it"));
    EXPECT_TRUE(failsWith(Errc::Lost, life->preserve(*id, offers(offer(2, "y")))));
    EXPECT_TRUE(failsWith(Errc::Lost, life->retrieve(*id, 1)));
    EXPECT_TRUE(failsWith(Errc::Lost, life->finish(*id)));
    EXPECT_TRUE(failsWith(Errc::Lost, life->takeOut(*id, 1)));
    EXPECT_TRUE(life->create(1, "a")) << "its name is free";
    EXPECT_TRUE(life->discard(*id));
    EXPECT_FALSE(life->registry.find(*id));
}

TEST_F(CustodianTest, NothingIsDiscardedWithoutALedger) {
    auto id = life->create(1, "a");
    life.reset();
    world.store.lose(sessionFdName(*id));
    start();
    life->keeper.refuse({Errc::LedgerTrouble, "because"});
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->discard(*id), "because"));
}

} // namespace
} // namespace luod::test
