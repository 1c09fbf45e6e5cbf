// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/names.hpp"
#include "support/open_fds.hpp"
#include "unit/core_life.hpp"

namespace luod::test {
namespace {

using Said = std::vector<std::string>;

class TakeOutTest : public testing::Test {
protected:
    void SetUp() override {
        start();
        id = *life->create(1, "a");
        ASSERT_TRUE(life->preserve(id, offers(offer(1, "one", "first"), offer(2, "two"), offer(3, "three"))));
        life->events.take();
    }
    void start() {
        life.reset();
        life = std::make_unique<Life>(world);
        ASSERT_TRUE(life->start());
    }
    std::set<Token> inKernel() {
        std::set<Token> tokens;
        if (auto* session = world.luo.find(kernelName(1, "a"), false))
            for (const auto& [token, file] : session->files)
                tokens.insert(token);
        return tokens;
    }
    std::set<Token> known() {
        std::set<Token> tokens;
        for (const auto& [token, file] : life->registry.find(id)->files)
            tokens.insert(token);
        return tokens;
    }
    SessionState state() { return life->registry.find(id)->state; }
    bool storeIsClean() {
        auto names = world.store.names();
        return std::ranges::none_of(names, [](auto& name) { return name.starts_with('r'); });
    }

    using Tokens = std::set<Token>;
    World world{};
    std::unique_ptr<Life> life;
    SessionId id = 0;
};

TEST_F(TakeOutTest, TakesOneFileOutAndKeepsTheOthers) {
    auto fds = openFds();
    ASSERT_TRUE(life->takeOut(id, 1));
    EXPECT_EQ(inKernel(), (Tokens{2, 3}));
    EXPECT_EQ(known(), (Tokens{2, 3}));
    EXPECT_EQ(contentOf(world.luo.find(kernelName(1, "a"), false)->files.at(3).get()), "three");
    EXPECT_EQ(state(), SessionState::Active);
    EXPECT_EQ(life->events.take(), (Said{"taken out a: 1", "changed a"}));
    EXPECT_TRUE(storeIsClean());
    EXPECT_TRUE(world.store.contains(sessionFdName(id)));
    world.store.catchUp();
    EXPECT_EQ(openFds(), fds - 2) << "the file's, and the kernel's hold on it";
    ASSERT_TRUE(life->takeOut(id, 3)) << "and once more";
    ASSERT_TRUE(life->takeOut(id, 2));
    EXPECT_EQ(inKernel(), Tokens{});
    EXPECT_TRUE(life->preserve(id, offers(offer(1, "again", "first"))));
}

TEST_F(TakeOutTest, TheServiceManagerMayCloseTheOldSessionSomeTimeAfterItsBarrier) {
    world.script.fail("create", EEXIST, 0, 5);
    ASSERT_TRUE(life->takeOut(id, 1));
    EXPECT_EQ(inKernel(), (Tokens{2, 3}));
    EXPECT_EQ(state(), SessionState::Active);
}

TEST_F(TakeOutTest, ANameThatStaysTakenIsNotWaitedForForever) {
    world.script.always("create", EEXIST);
    const auto refused = life->takeOut(id, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::NameTaken);
    EXPECT_EQ(state(), SessionState::Rebuilding);
}

TEST_F(TakeOutTest, TheFileTakenOutCanBePreservedElsewhere) {
    auto file = memfd("shared");
    ASSERT_TRUE(life->preserve(id, offers(Offer{.fd = dupOf(file.get()), .token = 9, .name = {}, .metadata = {}})));
    auto other = *life->create(1, "b");
    auto again = [&] {
        return life->preserve(other, offers(Offer{.fd = dupOf(file.get()), .token = 9, .name = {}, .metadata = {}}));
    };
    EXPECT_TRUE(failsWith(Errc::AlreadyPreserved, again()));
    ASSERT_TRUE(life->takeOut(id, 9));
    EXPECT_TRUE(again());
}

TEST_F(TakeOutTest, RefusesWhatIsNotThereAndTheWrongDirection) {
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->takeOut(id, 9)));
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->takeOut(99, 1)));
    life.reset();
    world.kexec(false);
    start();
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->takeOut(id, 1)));
}

TEST_F(TakeOutTest, CannotBeDoneToALentSession) {
    ASSERT_TRUE(life->custodian->open(id));
    EXPECT_TRUE(failsWith(Errc::CannotTakeOut, life->takeOut(id, 1), "lent by Open"));
    EXPECT_EQ(inKernel(), (Tokens{1, 2, 3}));
}

TEST_F(TakeOutTest, CannotBeDoneOnceTheOtherFilesFdsAreGone) {
    start();
    EXPECT_TRUE(failsWith(Errc::CannotTakeOut, life->takeOut(id, 1), "no longer holds file 2"));
    EXPECT_EQ(inKernel(), (Tokens{1, 2, 3}));
    EXPECT_EQ(state(), SessionState::Active);
    auto alone = *life->create(1, "b");
    ASSERT_TRUE(life->preserve(alone, offers(offer(1, "x"))));
    start();
    EXPECT_TRUE(life->takeOut(alone, 1)) << "no other file is needed for that";
}

TEST_F(TakeOutTest, CannotBeDoneBeyondTheFdsThatMayBeHeld) {
    Limits limits;
    limits.heldFds = 4;
    life->custodian->setLimits(limits);
    auto b = *life->create(1, "b");
    ASSERT_TRUE(life->preserve(b, offers(offer(1, "x"), offer(2, "y"))));
    EXPECT_TRUE(failsWith(Errc::CannotTakeOut, life->takeOut(b, 1))) << "the fourth fd is held, the fifth is not";
    ASSERT_TRUE(life->discard(id)) << "which makes room";
    ASSERT_TRUE(life->preserve(*life->create(1, "c"), offers(offer(1, "1"), offer(2, "2"), offer(3, "3"))));
    EXPECT_TRUE(life->takeOut(life->find(1, "c")->id, 1));
}

TEST_F(TakeOutTest, WaitsUntilTheSessionIsFilled) {
    Result<> preserved;
    life->custodian->preserve(id, offers(offer(4, "four")), [&](auto r) { preserved = r; });
    Result<> taken;
    life->custodian->takeOut(id, 1, [&](auto r) { taken = r; });
    EXPECT_TRUE(failsWith(Errc::Busy, taken, "still being filled"));
    life->workers.drain();
    EXPECT_TRUE(preserved);
    EXPECT_TRUE(life->takeOut(id, 1));
}

TEST_F(TakeOutTest, NeedsRoomInTheFdStore) {
    world.store.room = 6;
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->takeOut(id, 1), "FileDescriptorStoreMax="));
    world.store.room = 100;
    world.script.fail("store", ENOBUFS, 1);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->takeOut(id, 1), "did not take the session's other files"));
    EXPECT_TRUE(storeIsClean());
    EXPECT_EQ(inKernel(), (Tokens{1, 2, 3}));
    EXPECT_EQ(state(), SessionState::Active);
    EXPECT_TRUE(life->takeOut(id, 1));
}

TEST_F(TakeOutTest, ChangesNothingThatCannotBeWrittenDown) {
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->takeOut(id, 1)));
    EXPECT_TRUE(storeIsClean());
    EXPECT_EQ(inKernel(), (Tokens{1, 2, 3}));
    EXPECT_EQ(known(), (Tokens{1, 2, 3}));
}

TEST_F(TakeOutTest, AKernelThatRefusesHalfWayIsAskedAgain) {
    for (auto [call, after, err] :
         {std::tuple{"create", 0, EBUSY}, {"preserve", 0, ENOMEM}, {"preserve", 1, ENOMEM}, {"store", 2, ENOBUFS}}) {
        SCOPED_TRACE(fmt::format("{} after {}", call, after));
        auto b = *life->create(1, "b");
        ASSERT_TRUE(life->preserve(b, offers(offer(1, "1"), offer(2, "2"), offer(3, "3"))));
        world.script.fail(call, err, std::size_t(after));
        auto answer = life->takeOut(b, 1);
        ASSERT_FALSE(answer);
        EXPECT_NE(answer.error().words.find("the file is out"), std::string::npos);
        EXPECT_EQ(answer.error().err, err);
        EXPECT_EQ(life->registry.find(b)->state, SessionState::Rebuilding);
        EXPECT_TRUE(failsWith(Errc::Busy, life->preserve(b, offers(offer(4, "4")))));
        EXPECT_TRUE(failsWith(Errc::Busy, life->custodian->open(b)));
        EXPECT_FALSE(world.luo.find(kernelName(1, "b"), false)) << "no half session is left";
        life->custodian->resumeRebuilding();
        life->custodian->resumeRebuilding();
        EXPECT_EQ(life->workers.waiting(), 1u) << "one at a time";
        bool none = false;
        life->custodian->whenNoneIsRebuilt([&] { none = true; });
        EXPECT_FALSE(none) << "a kexec now would lose it";
        life->workers.drain();
        EXPECT_TRUE(none);
        EXPECT_EQ(life->registry.find(b)->state, SessionState::Active);
        EXPECT_EQ(world.luo.find(kernelName(1, "b"), false)->files.size(), 2u);
        EXPECT_TRUE(storeIsClean());
        ASSERT_TRUE(life->discard(b));
    }
}

TEST_F(TakeOutTest, AHalfMadeSessionComesBackAfterARestart) {
    world.script.always("preserve", ENOMEM);
    EXPECT_FALSE(life->takeOut(id, 1));
    life.reset();
    world.script.calm();
    start();
    EXPECT_EQ(state(), SessionState::Active);
    EXPECT_EQ(inKernel(), (Tokens{2, 3}));
    EXPECT_TRUE(storeIsClean());
    EXPECT_TRUE(life->takeOut(id, 2)) << "it holds the files' fds again";
}

TEST_F(TakeOutTest, AFileThatIsNotInTheFdStoreIsReportedAndTheOthersComeBack) {
    world.script.always("create", EBUSY);
    EXPECT_FALSE(life->takeOut(id, 1));
    life.reset();
    world.script.calm();
    world.store.lose(rebuildFdName(id, 2));
    start();
    EXPECT_TRUE(life->noted(Note::FileLost));
    EXPECT_EQ(state(), SessionState::Active);
    EXPECT_EQ(known(), Tokens{3});
    EXPECT_EQ(inKernel(), Tokens{3});
    start();
    EXPECT_FALSE(life->noted(Note::FileLost)) << "it is written down";
    EXPECT_EQ(known(), Tokens{3});
}

// Fds that a restart took over count as held: else their number would fall below zero, and none be held any more.
TEST_F(TakeOutTest, WorksAfterASessionMadeAnewByARestartIsGone) {
    world.script.always("create", EBUSY);
    EXPECT_FALSE(life->takeOut(id, 1));
    life.reset();
    world.script.calm();
    start();
    ASSERT_TRUE(life->discard(id));
    auto b = *life->create(1, "b");
    ASSERT_TRUE(life->preserve(b, offers(offer(1, "1"), offer(2, "2"))));
    EXPECT_TRUE(life->takeOut(b, 1));
}

TEST_F(TakeOutTest, AHalfMadeSessionCanBeDiscarded) {
    world.script.fail("create", EBUSY, 0, 5);
    EXPECT_FALSE(life->takeOut(id, 1));
    ASSERT_EQ(state(), SessionState::Rebuilding);
    ASSERT_TRUE(life->discard(id));
    EXPECT_FALSE(life->registry.find(id));
    EXPECT_TRUE(storeIsClean());
    world.script.calm();
    start();
    EXPECT_FALSE(life->registry.find(id));
}

TEST_F(TakeOutTest, DiscardWaitsWhileItIsMadeAnew) {
    Result<> taken, discarded;
    life->custodian->takeOut(id, 1, [&](auto r) { taken = r; });
    life->custodian->discard(id, [&](auto r) { discarded = r; });
    EXPECT_TRUE(failsWith(Errc::Busy, discarded));
    life->workers.drain();
    EXPECT_TRUE(taken);
}

TEST_F(TakeOutTest, MadeAnewButNotWrittenDownItIsMadeOnceMoreAfterARestart) {
    world.script.fail("write", EIO, 1); // the first says that it begins; the second, that it is done
    ASSERT_TRUE(life->takeOut(id, 1));
    EXPECT_EQ(state(), SessionState::Active);
    EXPECT_FALSE(storeIsClean()) << "a restart needs them";
    start();
    EXPECT_EQ(state(), SessionState::Active);
    EXPECT_EQ(inKernel(), (Tokens{2, 3}));
    EXPECT_TRUE(storeIsClean());
}

} // namespace
} // namespace luod::test
