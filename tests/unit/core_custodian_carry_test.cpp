// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/names.hpp"
#include "support/open_fds.hpp"
#include "unit/core_drive.hpp"

namespace luod::test {
namespace {

// Session "a" with three files has come over and nobody has claimed it.
class CarryTest : public DriveTest {
protected:
    void SetUp() override {
        start();
        id = *life->create(1, "a");
        ASSERT_TRUE(life->preserve(id, offers(offer(1, "one", "first", {{"k", true}}), offer(2, "two"), offer(3, "three"))));
        goOver();
    }
    void goOver() {
        conductor.reset();
        life.reset();
        world.kexec(false);
        start();
    }
    Result<> carry(SessionId which) {
        return life->await<void>([&](auto done) { life->custodian->carryForward(which, done); });
    }
    std::set<std::string> stored() {
        std::set<std::string> names;
        for (const auto& name : world.store.names())
            if (name.starts_with('r'))
                names.insert(name);
        return names;
    }
    std::map<Token, std::string> inKernel() {
        std::map<Token, std::string> files;
        if (auto* session = world.luo.find(kernelName(1, "a"), false))
            for (const auto& [token, fd] : session->files)
                files[token] = contentOf(fd.get());
        return files;
    }
    std::string names(std::initializer_list<Token> tokens) {
        std::set<std::string> all;
        for (Token token : tokens)
            all.insert(rebuildFdName(id, token));
        return fmt::format("{}", fmt::join(all, " "));
    }
    std::string storedNames() { return fmt::format("{}", fmt::join(stored(), " ")); }
    const Session& session() { return *life->registry.find(id); }

    const std::map<Token, std::string> all{{1, "one"}, {2, "two"}, {3, "three"}};
    SessionId id = 0;
};

TEST_F(CarryTest, MakesAnOutgoingSessionOfTheSameFilesUnderTheSameTokens) {
    ASSERT_TRUE(carry(id));
    EXPECT_EQ(inKernel(), all);
    EXPECT_EQ(session().direction, Direction::Outgoing);
    EXPECT_EQ(session().state, SessionState::Active);
    EXPECT_TRUE(session().carried);
    EXPECT_EQ(session().byName.at("first"), 1u);
    EXPECT_TRUE(std::get<bool>(session().files.at(1).metadata.at("k")));
    EXPECT_EQ(session().files.at(2).state, FileState::Preserved);
    EXPECT_TRUE(life->registry.isPreserved(session().files.at(2).identity)) << "as it is called in this kernel";
    EXPECT_EQ(storedNames(), names({1, 2, 3}));
    EXPECT_FALSE(world.luo.find(kernelName(1, "a"), true)) << "the old one is finished";
    EXPECT_TRUE(world.luo.thrownAway.empty());
    EXPECT_TRUE(life->custodian->unclaimed().empty());
}

TEST_F(CarryTest, ItComesOverAgainAndAgain) {
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(carry(id));
        goOver();
        EXPECT_EQ(session().direction, Direction::Incoming);
        EXPECT_EQ(session().state, SessionState::Active);
        EXPECT_FALSE(session().carried);
        EXPECT_EQ(life->custodian->unclaimed(), std::vector<SessionId>{id});
        EXPECT_TRUE(stored().empty());
    }
    EXPECT_EQ(contentOf(life->retrieve(id, 3)->fd.get()), "three");
}

TEST_F(CarryTest, TheOwnerStillGetsItsFilesAlsoAfterARestart) {
    ASSERT_TRUE(carry(id));
    for (bool restarted : {false, true}) {
        if (restarted)
            start();
        auto one = life->retrieve(id, 1);
        ASSERT_TRUE(one) << one.error().words;
        EXPECT_EQ(contentOf(one->fd.get()), "one");
        EXPECT_EQ(one->name, "first");
        auto named = life->await<Retrieved>([&](auto done) { life->custodian->retrieveByName(id, "first", done); });
        EXPECT_EQ(named->token, 1u);
        auto page = life->page(id, 0, 2);
        ASSERT_TRUE(page);
        EXPECT_EQ(page->files.size(), 2u);
        EXPECT_TRUE(page->more);
        EXPECT_EQ(page->next, 3u);
        life->custodian->seal();
        EXPECT_TRUE(life->retrieve(id, 2)) << "which the kernel does not hear of";
        life->custodian->unseal();
        EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->retrieve(id, 9)));
    }
    EXPECT_EQ(inKernel(), all);
    ASSERT_TRUE(life->custodian->open(id));
    EXPECT_TRUE(life->retrieve(id, 2)) << "and if it was lent";
}

TEST_F(CarryTest, DiscardedNothingOfItIsLeft) {
    auto fds = openFds();
    ASSERT_TRUE(carry(id));
    ASSERT_TRUE(life->discard(id));
    world.store.catchUp();
    EXPECT_TRUE(inKernel().empty());
    EXPECT_TRUE(stored().empty());
    EXPECT_LE(openFds(), fds);
}

TEST_F(CarryTest, FilesCanBeAddedAndTakenOut) {
    ASSERT_TRUE(carry(id));
    ASSERT_TRUE(life->takeOut(id, 2));
    EXPECT_EQ(storedNames(), names({1, 3}));
    start();
    ASSERT_TRUE(life->takeOut(id, 1)) << "also after a restart";
    ASSERT_TRUE(life->preserve(id, offers(offer(4, "four"))));
    EXPECT_EQ(inKernel(), (std::map<Token, std::string>{{3, "three"}, {4, "four"}}));
    EXPECT_EQ(storedNames(), names({3}));
    start();
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->retrieve(id, 4), "after the session was carried forward"));
    EXPECT_TRUE(life->retrieve(id, 3));
}

TEST_F(CarryTest, ATakeOutThatFindsNoRoomLeavesTheFdsInTheStore) {
    ASSERT_TRUE(carry(id));
    world.script.fail("store", ENOBUFS, 1);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->takeOut(id, 2)));
    EXPECT_EQ(storedNames(), names({1, 2, 3}));
}

TEST_F(CarryTest, AnOutgoingSessionOfThatNameIsInTheWay) {
    auto fresh = *life->create(1, "a");
    EXPECT_TRUE(failsWith(Errc::NameTaken, carry(id), "there is an outgoing one of that name"));
    EXPECT_EQ(session().direction, Direction::Incoming);
    EXPECT_EQ(life->registry.find(fresh)->direction, Direction::Outgoing);
    EXPECT_TRUE(life->retrieve(id, 1));
}

TEST_F(CarryTest, NobodyTakesTheNameMeanwhile) {
    Result<> carried;
    life->custodian->carryForward(id, [&](auto r) { carried = r; });
    Result<SessionId> made;
    life->custodian->create({1, "a", ""}, [&](auto r) { made = r; });
    EXPECT_TRUE(failsWith(Errc::NameTaken, made));
    life->workers.drain();
    EXPECT_TRUE(carried);
}

TEST_F(CarryTest, WhatIsClaimedOrOutgoingIsNotCarried) {
    auto out = *life->create(1, "out");
    EXPECT_TRUE(failsWith(Errc::WrongDirection, carry(out)));
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, carry(99)));
    EXPECT_EQ(life->custodian->unclaimed(), std::vector<SessionId>{id});
    ASSERT_TRUE(life->retrieve(id, 2));
    EXPECT_TRUE(life->custodian->unclaimed().empty());
    EXPECT_TRUE(failsWith(Errc::InvalidArgument, carry(id), "was claimed"));
}

TEST_F(CarryTest, ALentOneIsClaimed) {
    ASSERT_TRUE(life->custodian->open(id));
    EXPECT_TRUE(life->custodian->unclaimed().empty());
}

TEST_F(CarryTest, ThatASessionIsClaimedIsSaidOnceAndThatItIsFinished) {
    EXPECT_TRUE(life->retrieve(id, 2));
    EXPECT_TRUE(life->retrieve(id, 2));
    EXPECT_TRUE(life->custodian->noteRetrieved(id, {3}));
    EXPECT_TRUE(life->custodian->open(id));
    EXPECT_TRUE(life->finish(id));
    EXPECT_EQ(life->events.ends, (Said{"claimed a", "finished a"}));
    ASSERT_TRUE(life->discard(*life->create(1, "out")));
    EXPECT_EQ(life->events.ends.size(), 2u) << "an outgoing one is neither";
}

TEST_F(CarryTest, WithTheFilesWhoseTimesWereNoted) {
    ASSERT_TRUE(life->custodian->annotate(id, 2, "state", {{"times", std::vector<std::string>{"stopped 1 2"}}}));
    ASSERT_TRUE(life->custodian->annotate(id, 3, "other", {{"times", std::string("stopped 1 2")}}));
    EXPECT_TRUE(life->finish(id));
    EXPECT_EQ(life->events.ends.back(), "finished a, noted state");
}

TEST_F(CarryTest, BorrowingOrNotingIsClaimingToo) {
    ASSERT_TRUE(life->custodian->noteRetrieved(id, {3}));
    EXPECT_EQ(life->events.ends, (Said{"claimed a"}));
    ASSERT_TRUE(life->create(1, "b"));
    ASSERT_TRUE(life->discard(id));
    goOver();
    ASSERT_TRUE(life->custodian->open(life->find(1, "b", Direction::Incoming)->id));
    EXPECT_EQ(life->events.ends, (Said{"claimed b"}));
}

TEST_F(CarryTest, NeedsRoom) {
    world.store.room = 7;
    EXPECT_TRUE(failsWith(Errc::LimitReached, carry(id), "FileDescriptorStoreMax="));
    world.store.room = 100;
    Limits limits;
    limits.heldFds = 2;
    life->custodian->setLimits(limits);
    EXPECT_TRUE(failsWith(Errc::LimitReached, carry(id), "LimitNOFILE="));
}

TEST_F(CarryTest, AFailureBeforeItIsWrittenDownLeavesItIncoming) {
    for (auto [call, after, err] :
         {std::tuple{"retrieve", 1, EIO}, {"retrieve", 0, EMFILE}, {"store", 1, ENOBUFS}, {"write", 0, EIO}}) {
        SCOPED_TRACE(fmt::format("{} after {}", call, after));
        world.script.fail(call, err, std::size_t(after));
        auto answer = carry(id);
        ASSERT_FALSE(answer);
        EXPECT_NE(answer.error().words.find("'a' of uid 1 could not be carried forward"), std::string::npos);
        EXPECT_EQ(session().direction, Direction::Incoming);
        EXPECT_TRUE(stored().empty());
    }
    EXPECT_TRUE(world.luo.thrownAway.empty());
    EXPECT_TRUE(carry(id));
}

TEST_F(CarryTest, AFailureAfterThatIsTriedAgainAndTheOwnerCanRetrieveMeanwhile) {
    world.script.fail("preserve", ENOMEM, 1);
    EXPECT_FALSE(carry(id));
    EXPECT_EQ(session().state, SessionState::Rebuilding);
    EXPECT_EQ(contentOf(life->retrieve(id, 2)->fd.get()), "two");
    life->custodian->resumeRebuilding();
    life->workers.drain();
    EXPECT_EQ(inKernel(), all);
}

TEST_F(CarryTest, AFileThatMayNotHaveArrivedIsCarriedWithoutIt) {
    life->registry.apply(FilesListed{id, {File{.token = 9, .state = FileState::Preserving}}});
    ASSERT_TRUE(carry(id));
    EXPECT_EQ(inKernel(), all);
    EXPECT_FALSE(session().files.contains(9));
}

TEST_F(CarryTest, TheConductorCarriesBeforeItAsksWhereThatIsThePolicy) {
    ASSERT_TRUE(conductor->noteLoaded({.uuid = "u2"}));
    begin();
    passCheck();
    EXPECT_EQ(session().direction, Direction::Incoming) << "by default they are left alone";
    conductor->abort("");
    policy.unclaimed = UpdatePolicy::Unclaimed::Carry;
    conductor->setPolicy(policy);
    begin();
    machine.answer.check("7.9");
    machine.answer.reload({});
    EXPECT_EQ(phase(), Phase::Checking);
    life->workers.drain();
    EXPECT_EQ(inKernel(), all);
    EXPECT_TRUE(answer);
    conductor->abort("");
    EXPECT_TRUE(life->retrieve(id, 1)) << "what was carried for nothing is still its owner's";
}

TEST_F(CarryTest, WhatCannotBeCarriedStopsTheUpdate) {
    policy.unclaimed = UpdatePolicy::Unclaimed::Carry;
    conductor->setPolicy(policy);
    ASSERT_TRUE(conductor->noteLoaded({.uuid = "u2"}));
    ASSERT_TRUE(life->create(1, "a"));
    begin();
    passCheck();
    EXPECT_TRUE(failsWith(Errc::NameTaken, answer, "outgoing one of that name"));
    EXPECT_EQ(phase(), Phase::Idle);
}

} // namespace
} // namespace luod::test
