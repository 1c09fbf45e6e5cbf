// SPDX-License-Identifier: LGPL-2.1-or-later
#include "killed_luod.hpp"

#include "support/open_fds.hpp"

#include <cerrno>
#include <sys/resource.h>

using luod::core::UniqueFd;
using luod::platform::CustodyGuard;
using luod::test::content, luod::test::memfdName, luod::test::openFds, luod::test::session;

namespace {

using CustodyGuardTest = luod::test::CustodyGuardTest;

TEST_F(CustodyGuardTest, StoresWhatWasAnnouncedWhenLuodIsKilled) {
    auto before = openFds();
    UniqueFd one, other;
    killedAfter([&](CustodyGuard& guard) {
        static auto cover = guard.cover("one", "session-1");
        one = session("one"); // after the guard has begun: it sees it all the same
        other = session("other");
        ::kill(guard.pid(), SIGTERM); // as the service manager does to the whole service
    });
    {
        auto message = manager.next();
        EXPECT_EQ(message.text, "FDSTORE=1\nFDNAME=session-1\nFDPOLL=0");
        ASSERT_EQ(message.fds.size(), 1u);
        EXPECT_EQ(content(message.fds[0]), "one");
        EXPECT_EQ(message.sender, guard_);

        auto barrier = manager.next();
        EXPECT_EQ(barrier.text, "BARRIER=1");
        EXPECT_EQ(::waitpid(guard_, nullptr, WNOHANG), 0); // it waits for the manager
    }
    expectGuardEnds();
    EXPECT_TRUE(manager.silent());
    EXPECT_EQ(openFds(), before);
}

TEST_F(CustodyGuardTest, AFullTableOfFdsDoesNotStopIt) {
    UniqueFd one;
    killedAfter([&](CustodyGuard& guard) {
        static auto cover = guard.cover("one", "session-1");
        one = session("one");
        rlimit few{64, 64};
        ::setrlimit(RLIMIT_NOFILE, &few);
        ::prlimit(guard.pid(), RLIMIT_NOFILE, &few, nullptr);
        while (::dup(one.get()) >= 0) {
        }
    });
    std::string last;
    int stored = 0;
    while ((last = manager.next().text) == "FDSTORE=1\nFDNAME=session-1\nFDPOLL=0")
        ++stored;
    EXPECT_GT(stored, 1); // and all its twins, which the service manager knows to be one
    EXPECT_EQ(last, "BARRIER=1");
    expectGuardEnds();
}

TEST_F(CustodyGuardTest, WhatIsCoveredNoMoreIsLeftAlone) {
    UniqueFd one;
    killedAfter([&](CustodyGuard& guard) {
        auto cover = guard.cover("one", "session-1");
        one = session("one");
    });
    expectGuardEnds();
    EXPECT_TRUE(manager.silent());
}

TEST_F(CustodyGuardTest, EndsWithItsOwner) {
    auto before = openFds();
    pid_t pid = 0;
    {
        auto guard = CustodyGuard::start(&memfdName);
        ASSERT_TRUE(guard);
        pid = guard->pid();
        ASSERT_GT(pid, 0);
        auto moved = std::move(*guard);
        auto cover = moved.cover("one", "session-1");
        auto one = session("one");
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_TRUE(manager.silent());
    EXPECT_EQ(openFds(), before);
}

TEST_F(CustodyGuardTest, LeavesTheSignalMaskAsItWas) {
    sigset_t before, after;
    sigprocmask(SIG_BLOCK, nullptr, &before);
    auto guard = CustodyGuard::start();
    sigprocmask(SIG_BLOCK, nullptr, &after);
    for (int signal = 1; signal < NSIG; ++signal)
        EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
}

TEST_F(CustodyGuardTest, SlotsAreCountedAndComeBack) {
    auto guard = CustodyGuard::start(&memfdName);
    std::vector<CustodyGuard::Cover> covers;
    for (std::size_t i = 0; i < CustodyGuard::slots; ++i)
        covers.push_back(std::move(*guard->cover("k", "s")));
    EXPECT_EQ(guard->cover("k", "s").error(), ENOSPC);
    covers.pop_back();
    EXPECT_TRUE(guard->cover("k", "s"));
    EXPECT_TRUE(guard->cover("k", "s")); // the last was not kept
}

TEST_F(CustodyGuardTest, NamesHaveToFit) {
    auto guard = CustodyGuard::start(&memfdName);
    EXPECT_EQ(guard->cover("", "s").error(), EINVAL);
    EXPECT_EQ(guard->cover("k", "").error(), EINVAL);
    EXPECT_EQ(guard->cover(std::string(64, 'k'), "s").error(), EINVAL);
    EXPECT_EQ(guard->cover("k", std::string(256, 's')).error(), EINVAL);
    EXPECT_TRUE(guard->cover(std::string(63, 'k'), std::string(255, 's')));
}

TEST_F(CustodyGuardTest, WithoutAManagerThereIsNoChild) {
    unsetenv("NOTIFY_SOCKET");
    auto guard = CustodyGuard::start(&memfdName);
    ASSERT_TRUE(guard);
    EXPECT_EQ(guard->pid(), 0);
    EXPECT_TRUE(guard->cover("k", "s"));
}

TEST(CustodyGuardNames, OnlySessionsHaveOne) {
    char name[64];
    for (int fd : {0, 1000, -1})
        EXPECT_FALSE(CustodyGuard::sessionName(fd, name, sizeof name));
    UniqueFd memfd(::memfd_create("anon_inode:[luo_session] x", MFD_CLOEXEC));
    EXPECT_FALSE(CustodyGuard::sessionName(memfd.get(), name, sizeof name));
}

} // namespace
