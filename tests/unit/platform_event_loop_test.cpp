// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/event_loop.hpp"

#include "core/unique_fd.hpp"
#include "support/open_fds.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <sys/epoll.h>
#include <thread>
#include <unistd.h>

using namespace luod::platform;
using luod::core::UniqueFd;
using luod::test::openFds;
using namespace std::chrono_literals;

namespace {

struct Pipe {
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0)
            read.reset(ends[0]), write.reset(ends[1]);
    }
    UniqueFd read, write;
};

TEST(EventLoop, RunsUntilExitAndGivesItsCode) {
    EventLoop loop;
    auto source = loop.defer([&] { loop.exit(7); });
    EXPECT_EQ(loop.run(), 7);
}

TEST(EventLoop, IoGetsItsEventsAndCanChangeThem) {
    EventLoop loop;
    Pipe pipe;
    std::uint32_t seen = 0;
    EventSource source = loop.io(pipe.write.get(), 0, [&](std::uint32_t events) {
        seen = events;
        loop.exit();
    });
    auto change = loop.defer([&] { source.events(EPOLLOUT); });
    loop.run();
    EXPECT_EQ(seen, EPOLLOUT);
}

TEST(EventLoop, ASourceMayBeDroppedInItsOwnCallback) {
    EventLoop loop;
    Pipe pipe;
    ASSERT_EQ(::write(pipe.write.get(), "x", 1), 1);
    int calls = 0;
    EventSource timer;
    auto held = std::make_shared<int>(1);
    EventSource source = loop.io(pipe.read.get(), EPOLLIN, [&, held](std::uint32_t) {
        ++calls;
        source = {};
        EXPECT_EQ(held.use_count(), 2); // still whole
        timer = loop.timer(0us, [&] { loop.exit(); });
    });
    loop.run();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(held.use_count(), 1);
}

TEST(EventLoop, ADroppedSourceIsNotCalled) {
    EventLoop loop;
    bool called = false;
    auto dropped = loop.defer([&] { called = true; });
    dropped = {};
    auto stopped = loop.timer(0us, [&] { called = true; });
    stopped.off();
    auto end = loop.timer(1ms, [&] { loop.exit(); });
    loop.run();
    EXPECT_FALSE(called);
}

TEST(EventLoop, ATimerFiresOnceForEachAfter) {
    EventLoop loop;
    int calls = 0;
    auto begin = std::chrono::steady_clock::now();
    EventSource timer = loop.timer([&] {
        if (++calls == 3)
            loop.exit();
        else
            timer.after(1ms);
    });
    timer.after(2ms);
    loop.run();
    EXPECT_EQ(calls, 3);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 4ms);
}

TEST(EventLoop, PostedFromOtherThreadsInOrder) {
    EventLoop loop;
    std::vector<int> order;
    std::thread::id ran;
    std::jthread other([&] {
        for (int i = 0; i < 1000; ++i)
            loop.post([&, i] { order.push_back(i); });
        loop.post([&] {
            ran = std::this_thread::get_id();
            loop.exit();
        });
    });
    loop.run();
    ASSERT_EQ(order.size(), 1000u);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST(EventLoop, WhatAPostedCallbackPostsRunsOnALaterTurn) {
    EventLoop loop;
    std::string order;
    loop.post([&] {
        loop.post([&] {
            order += 'c';
            loop.exit();
        });
        order += 'a';
    });
    loop.post([&] { order += 'b'; });
    loop.run();
    EXPECT_EQ(order, "abc");
}

TEST(EventLoop, SignalsAreBlockedAndSeen) {
    EventLoop loop;
    auto source = loop.signal(SIGUSR1, [&] { loop.exit(3); });
    ::raise(SIGUSR1);
    EXPECT_EQ(loop.run(), 3);
}

TEST(EventLoop, PrepareIsCalledBeforeSleep) {
    EventLoop loop;
    Pipe pipe;
    auto source = loop.io(pipe.read.get(), EPOLLIN, [&](std::uint32_t) { loop.exit(); });
    source.prepare([&] { EXPECT_EQ(::write(pipe.write.get(), "x", 1), 1); });
    EXPECT_EQ(loop.run(), 0);
}

TEST(EventLoop, WatchdogOnlyWhereThereIsOne) {
    unsetenv("WATCHDOG_USEC");
    EventLoop loop;
    EXPECT_FALSE(loop.watchdog());
    setenv("WATCHDOG_USEC", "1000000", 1);
    EXPECT_TRUE(loop.watchdog());
    unsetenv("WATCHDOG_USEC");
}

TEST(EventLoop, WhatWasPostedCanBeDroppedWithAllThatItHolds) {
    EventLoop loop;
    auto held = std::make_shared<int>(1);
    loop.post([held] { FAIL() << "must not run"; });
    loop.dropPosted();
    EXPECT_EQ(held.use_count(), 1);
    loop.post([&loop] { loop.exit(7); });
    EXPECT_EQ(loop.run(), 7);
}

TEST(EventLoop, LeaksNothing) {
    auto before = openFds();
    {
        Pipe pipe;
        EventSource longer;
        {
            EventLoop loop;
            longer = loop.io(pipe.read.get(), EPOLLIN, [](std::uint32_t) {});
            auto timer = loop.timer(1s, [] {});
            auto signal = loop.signal(SIGUSR2, [] {});
            loop.post([] { FAIL() << "must not run after the loop"; });
        }
    }
    EXPECT_EQ(openFds(), before);
}

TEST(EventLoopDeathTest, AnExceptionOutOfACallbackTerminatesWithItsWords) {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_DEATH(
        {
            EventLoop loop;
            auto source = loop.defer([] { throw std::runtime_error("oh dear"); });
            loop.run();
        },
        "a bug: .*oh dear");
}

} // namespace
