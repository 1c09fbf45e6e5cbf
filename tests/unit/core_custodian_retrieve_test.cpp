// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/names.hpp"
#include "support/open_fds.hpp"
#include "unit/core_life.hpp"

namespace luod::test {
namespace {

using Said = std::vector<std::string>;

class RetrieveTest : public testing::Test {
protected:
    void SetUp() override {
        start();
        id = *life->create(1, "a");
        ASSERT_TRUE(
            life->preserve(id, offers(offer(1, "one", "first", {{"k", true}}), offer(5, "five"), offer(9, "nine"))));
    }
    void start() {
        life.reset();
        life = std::make_unique<Life>(world);
        ASSERT_TRUE(life->start());
    }
    void kexec() {
        life.reset();
        world.kexec(false);
        start();
        life->events.take();
    }
    FileState state(Token token) { return life->registry.find(id)->files.at(token).state; }
    static std::vector<Token> tokens(const RetrievedPage& page) {
        std::vector<Token> tokens;
        for (const auto& file : page.files)
            tokens.push_back(file.token);
        return tokens;
    }

    using Tokens = std::vector<Token>;
    World world{};
    std::unique_ptr<Life> life;
    SessionId id = 0;
};

TEST_F(RetrieveTest, IsForIncomingSessions) {
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->retrieve(id, 1)));
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->page(id, 0, 9)));
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->custodian->noteRetrieved(id, {1})));
    EXPECT_TRUE(failsWith(Errc::WrongDirection, life->await<Retrieved>([&](auto done) {
        life->custodian->retrieveByName(id, "first", done);
    })));
}

TEST_F(RetrieveTest, GivesAFileBackByToken) {
    kexec();
    EXPECT_EQ(state(1), FileState::Waiting);
    auto file = life->retrieve(id, 1);
    ASSERT_TRUE(file);
    EXPECT_EQ(contentOf(file->fd.get()), "one");
    EXPECT_EQ(file->name, "first");
    EXPECT_EQ(file->token, 1u);
    EXPECT_EQ(file->metadata.size(), 1u);
    EXPECT_EQ(state(1), FileState::Retrieved);
    EXPECT_EQ(state(5), FileState::Waiting);
    EXPECT_EQ(life->events.take(), Said{"retrieved a: 1"});
    ASSERT_TRUE(life->retrieve(id, 1)) << "as often as one likes";
    EXPECT_TRUE(life->events.take().empty());
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->retrieve(id, 2)));
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->retrieve(99, 1)));
}

TEST_F(RetrieveTest, GivesAFileBackByName) {
    kexec();
    auto byName = [&](const std::string& name) {
        return life->await<Retrieved>([&](auto done) { life->custodian->retrieveByName(id, name, done); });
    };
    auto file = byName("first");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->token, 1u);
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, byName("second"), "'second'"));
}

TEST_F(RetrieveTest, GivesPagesInTheOrderOfTokens) {
    kexec();
    auto first = life->page(id, 0, 2);
    ASSERT_TRUE(first);
    EXPECT_EQ(tokens(*first), (Tokens{1, 5}));
    EXPECT_TRUE(first->more);
    EXPECT_EQ(first->next, 9u);
    auto second = life->page(id, first->next, 2);
    ASSERT_TRUE(second);
    EXPECT_EQ(tokens(*second), Tokens{9});
    EXPECT_FALSE(second->more);
    EXPECT_EQ(contentOf(second->files[0].fd.get()), "nine");
    auto exact = life->page(id, 0, 3);
    EXPECT_FALSE(exact->more);
    auto none = life->page(id, 10, 3);
    EXPECT_TRUE(none->files.empty());
    EXPECT_TRUE(failsWith(Errc::NoSuchSession, life->page(99, 0, 1)));
}

TEST_F(RetrieveTest, AFailureInAPageGivesNothingOutAndLeaksNothing) {
    kexec();
    auto fds = openFds();
    world.script.fail("retrieve", EMFILE, 1);
    EXPECT_TRUE(failsWith(Errc::LimitReached, life->page(id, 0, 3), "file 5"));
    EXPECT_EQ(state(1), FileState::Waiting);
    EXPECT_EQ(openFds(), fds);
    EXPECT_EQ(life->page(id, 0, 3)->files.size(), 3u);
}

TEST_F(RetrieveTest, SaysWhatTheKernelHadAgainstIt) {
    kexec();
    for (auto [err, code] :
         {std::pair{ENOENT, Errc::NoSuchFile}, {ENFILE, Errc::LimitReached}, {EIO, Errc::KernelRefused}}) {
        world.script.fail("retrieve", err);
        EXPECT_TRUE(failsWith(code, life->retrieve(id, 1))) << err;
    }
}

TEST_F(RetrieveTest, TheFileIsGivenOutEvenIfThatCannotBeWrittenDown) {
    kexec();
    world.script.fail("write", EIO);
    auto file = life->retrieve(id, 1);
    ASSERT_TRUE(file);
    EXPECT_EQ(contentOf(file->fd.get()), "one");
}

TEST_F(RetrieveTest, NotesWhatTheOwnerRetrievedItself) {
    kexec();
    ASSERT_TRUE(life->custodian->noteRetrieved(id, {1, 5}));
    EXPECT_EQ(state(5), FileState::Retrieved);
    EXPECT_EQ(life->events.take(), Said{"retrieved a: 1 5"});
    auto used = life->keeper.used();
    ASSERT_TRUE(life->custodian->noteRetrieved(id, {1}));
    EXPECT_EQ(life->keeper.used(), used);
    EXPECT_TRUE(life->events.take().empty());
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->custodian->noteRetrieved(id, {9, 2})));
    EXPECT_EQ(state(9), FileState::Waiting);
    world.script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->custodian->noteRetrieved(id, {9})));
    EXPECT_EQ(state(9), FileState::Waiting);
}

// A kexec in the middle of preserving: nobody was told that the file is held, and the kernel may not have it.
TEST_F(RetrieveTest, AFileThatNeverReachedTheKernelDoesNotStandInTheWayOfTheOthers) {
    life->custodian->preserve(id, offers(offer(2, "two", "ghost")), [](auto) {});
    kexec(); // before the worker's turn
    ASSERT_TRUE(life->registry.find(id)->files.contains(2));
    auto page = life->page(id, 0, 9);
    ASSERT_TRUE(page) << page.error().words;
    EXPECT_EQ(tokens(*page), (Tokens{1, 5, 9}));
    EXPECT_FALSE(life->registry.find(id)->files.contains(2));
    EXPECT_EQ(life->events.take(), (Said{"retrieved a: 1 5 9", "changed a"}));
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->retrieve(id, 2)));
}

TEST_F(RetrieveTest, AskedForAloneAFileThatNeverReachedTheKernelIsNotThere) {
    life->custodian->preserve(id, offers(offer(2, "two")), [](auto) {});
    kexec();
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->retrieve(id, 2)));
    start();
    EXPECT_FALSE(life->registry.find(id)->files.contains(2));
}

TEST_F(RetrieveTest, AFileThatReachedTheKernelWithoutAnybodysKnowingIsGivenBack) {
    life->custodian->preserve(id, offers(offer(2, "two")), [](auto) {});
    life->workers.work(id);
    kexec();
    auto file = life->retrieve(id, 2);
    ASSERT_TRUE(file);
    EXPECT_EQ(contentOf(file->fd.get()), "two");
    EXPECT_EQ(state(2), FileState::Retrieved);
}

TEST_F(RetrieveTest, AnAcknowledgedFileThatTheKernelDoesNotHaveIsAnErrorNotPassedOver) {
    kexec();
    world.luo.find(kernelName(1, "a"), true)->files.erase(5);
    EXPECT_TRUE(failsWith(Errc::NoSuchFile, life->page(id, 0, 9), "file 5"));
    EXPECT_TRUE(life->registry.find(id)->files.contains(5));
}

} // namespace
} // namespace luod::test
