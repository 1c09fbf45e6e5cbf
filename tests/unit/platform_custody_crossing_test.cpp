// SPDX-License-Identifier: LGPL-2.1-or-later
// The guard while the machine goes over: nothing lies in the fd store, and luod is killed.
#include "killed_luod.hpp"

#include "support/temp_dir.hpp"

#include <cerrno>
#include <map>
#include <optional>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

namespace {

using luod::core::UniqueFd;
using luod::platform::CustodyGuard, luod::platform::Held;
using luod::test::content, luod::test::FakeManager, luod::test::memfdName, luod::test::session;

class CustodyCrossingTest : public luod::test::CustodyGuardTest {
protected:
    void SetUp() override {
        CustodyGuardTest::SetUp();
        rlimit files;
        ::getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    void TearDown() override {
        if (guard_ > 0 && ::kill(guard_, SIGKILL) == 0) // only after a failure
            ::waitpid(guard_, nullptr, 0);
    }

    // Files by the names under which they are stored, up to the barrier, which stays unanswered while `barrier` lives.
    std::map<std::string, std::string> stored(FakeManager& at, FakeManager::Message& barrier) {
        std::map<std::string, std::string> all;
        for (barrier = at.next(); barrier.text.starts_with("FDSTORE=1\nFDNAME="); barrier = at.next()) {
            auto name = barrier.text.substr(17, barrier.text.find('\n', 17) - 17);
            all[name] = barrier.fds.size() == 1 ? content(barrier.fds[0]) : "?";
        }
        EXPECT_EQ(barrier.text, "BARRIER=1");
        return all;
    }
    void answer(FakeManager& at, FakeManager::Message& barrier) {
        barrier.fds.clear();
        EXPECT_EQ(at.next().text, "X_LUOD_GUARD=1"); // which makes sure that there was somebody to answer
    }
    bool guardEndsWithin(int milliseconds) {
        UniqueFd guard(static_cast<int>(::syscall(SYS_pidfd_open, guard_, 0)));
        pollfd death{guard.get(), POLLIN, 0};
        return ::poll(&death, 1, milliseconds) > 0;
    }

    // Killed with one session and one other file; returns when the guard has let go of everything else.
    void killedHoldingTwo() {
        int ends[2];
        ASSERT_EQ(0, ::pipe2(ends, O_CLOEXEC));
        UniqueFd let(ends[0]), go(ends[1]);
        killedAfter([&](CustodyGuard& guard) {
            static UniqueFd one = session("one"), ledger(::memfd_create("ledger", MFD_CLOEXEC));
            if (::write(ledger.get(), "log", 3) != 3)
                ::_exit(3);
            Held all[] = {{"s1", one.get()}, {"ledger", ledger.get()}};
            if (!guard.holdAll(all))
                ::_exit(4);
        });
        go.reset();
        pollfd gone{let.get(), 0, 0};
        ASSERT_EQ(::poll(&gone, 1, 60'000), 1);
    }
    const std::map<std::string, std::string> two{{"s1", "one"}, {"ledger", "log"}};
};

TEST_F(CustodyCrossingTest, ThousandsAreStored) {
    constexpr int many = 3000;
    killedAfter([](CustodyGuard& guard) {
        static std::vector<UniqueFd> sessions;
        std::vector<Held> all;
        for (int i = 0; i < many; ++i) {
            sessions.push_back(session(std::to_string(i)));
            all.push_back({"s" + std::to_string(i), sessions.back().get()});
        }
        if (!guard.holdAll(all))
            ::_exit(3);
    });
    FakeManager::Message barrier;
    auto all = stored(manager, barrier);
    EXPECT_EQ(all.size(), std::size_t(many));
    for (const auto& [name, text] : all)
        EXPECT_EQ(name, "s" + text);
    EXPECT_EQ(::waitpid(guard_, nullptr, WNOHANG), 0); // it waits for the manager
    answer(manager, barrier);
    expectGuardEnds();
    EXPECT_TRUE(manager.silent());
}

TEST_F(CustodyCrossingTest, WithNobodyToSendToItHoldsThem) {
    std::string address = manager.address();
    std::optional<FakeManager> other(address + "x"); // for $NOTIFY_SOCKET of the guard to begin with
    killedHoldingTwo();                              // whose guard sends to `other`, which does not read
    FakeManager::Message barrier;
    EXPECT_EQ(stored(*other, barrier), two);
    other.reset(); // has become systemd-shutdown; the barrier was never answered, and now hangs up
    barrier.fds.clear();
    EXPECT_FALSE(guardEndsWithin(700));

    FakeManager again(address + "x");
    EXPECT_EQ(stored(again, barrier), two);
    answer(again, barrier);
    expectGuardEnds();
}

TEST_F(CustodyCrossingTest, WhatItReadsNoMoreIsNotStored) {
    std::string address = manager.address() + "y";
    std::optional<FakeManager> dying(address);
    killedHoldingTwo();
    dying.reset(); // all its messages unread: their fds, and the barrier's, are closed
    FakeManager again(address);
    FakeManager::Message barrier;
    EXPECT_EQ(stored(again, barrier), two);
    answer(again, barrier);
    expectGuardEnds();
}

TEST_F(CustodyCrossingTest, WhileTheManagerIsAboutToEndItStays) {
    luod::tests::TempDir dir;
    departing_ = dir.write("departing", "");
    killedHoldingTwo();
    FakeManager::Message barrier;
    EXPECT_EQ(stored(manager, barrier), two);
    answer(manager, barrier);
    EXPECT_FALSE(guardEndsWithin(700));
    std::filesystem::remove(departing_);
    expectGuardEnds();
}

TEST_F(CustodyCrossingTest, AfterwardsItLooksAfterNothing) {
    killedAfter([](CustodyGuard& guard) {
        static UniqueFd one = session("one");
        Held all[] = {{"s1", one.get()}};
        if (!guard.holdAll(all))
            ::_exit(3);
        guard.release();
    });
    expectGuardEnds();
    EXPECT_TRUE(manager.silent());
}

TEST_F(CustodyCrossingTest, TheLastListCountsAndNumbersMustMeanTheSame) {
    killedAfter([](CustodyGuard& guard) {
        static UniqueFd one = session("one"), two = session("two"), three = session("three"), file = session("x");
        Held before[] = {{"s2", two.get()}};
        Held all[] = {{"s1", one.get()}, {"s3", three.get()}, {"ledger", file.get()}};
        if (!guard.holdAll(before) || !guard.holdAll(all))
            ::_exit(3);
        ::dup2(two.get(), three.get());
        ::dup2(two.get(), file.get());
    });
    FakeManager::Message barrier;
    EXPECT_EQ(stored(manager, barrier), (std::map<std::string, std::string>{{"s1", "one"}}));
    answer(manager, barrier);
    expectGuardEnds();
}

TEST_F(CustodyCrossingTest, WhatDoesNotFitIsRefused) {
    auto guard = CustodyGuard::start(&memfdName);
    auto one = session("one");
    auto refusal = [&](Held held) {
        auto done = guard->holdAll(std::span(&held, 1));
        return done ? 0 : done.error();
    };
    EXPECT_EQ(refusal({"", one.get()}), EINVAL);
    EXPECT_EQ(refusal({std::string(256, 's'), one.get()}), EINVAL);
    EXPECT_EQ(refusal({"s", -1}), EBADF);
    EXPECT_EQ(refusal({"s", one.get()}), 0);
}

} // namespace
