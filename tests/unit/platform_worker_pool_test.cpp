// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/worker_pool.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <future>
#include <gtest/gtest.h>
#include <latch>
#include <mutex>
#include <pthread.h>

using luod::platform::WorkerPool;

namespace {

// Collects the dones, as the loop would.
class Posted {
public:
    WorkerPool::Post post() {
        return [this](std::function<void()> done) {
            std::lock_guard lock(mutex_);
            posted_.push_back(std::move(done));
            some_.notify_one();
        };
    }
    void runNext() {
        std::unique_lock lock(mutex_);
        some_.wait(lock, [this] { return !posted_.empty(); });
        auto done = std::move(posted_.front());
        posted_.erase(posted_.begin());
        lock.unlock();
        done();
    }
    std::size_t count() {
        std::lock_guard lock(mutex_);
        return posted_.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable some_;
    std::vector<std::function<void()>> posted_;
};

TEST(WorkerPool, DoneRunsWhereItIsPosted) {
    Posted posted;
    WorkerPool pool(2, posted.post());
    std::thread::id worked, done;
    pool.run(1, [&] { worked = std::this_thread::get_id(); }, [&] { done = std::this_thread::get_id(); });
    posted.runNext();
    EXPECT_NE(worked, std::this_thread::get_id());
    EXPECT_EQ(done, std::this_thread::get_id());
}

TEST(WorkerPool, OneKeyIsInOrderAndAlone) {
    Posted posted;
    std::vector<int> order;
    std::atomic<int> inside = 0, most = 0;
    {
        WorkerPool pool(4, posted.post());
        for (int i = 0; i < 500; ++i)
            pool.run(
                9,
                [&, i] {
                    most = std::max(most.load(), ++inside);
                    order.push_back(i);
                    --inside;
                },
                [] {});
    }
    EXPECT_EQ(order.size(), 500u);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(most, 1);
}

TEST(WorkerPool, KeysRunBesideEachOther) {
    Posted posted;
    WorkerPool pool(2, posted.post());
    std::latch both(2); // neither gets past it alone
    for (std::uint64_t key : {1, 2})
        pool.run(key, [&] { both.arrive_and_wait(); }, [] {});
    posted.runNext();
    posted.runNext();
}

TEST(WorkerPool, ASlowKeyDoesNotHoldUpAnother) {
    Posted posted;
    WorkerPool pool(2, posted.post());
    std::promise<void> release;
    auto released = release.get_future().share();
    bool other = false;
    for (int i = 0; i < 3; ++i)
        pool.run(1, [released] { released.wait(); }, [] {});
    pool.run(2, [] {}, [&] { other = true; });
    posted.runNext();
    EXPECT_TRUE(other);
    release.set_value();
}

TEST(WorkerPool, NoOwnerHasAllThreads) {
    constexpr uid_t greedy = 1000, other = 1001;
    Posted posted;
    WorkerPool pool(3, posted.post());
    std::promise<void> release;
    auto released = release.get_future().share();
    std::atomic<int> begun = 0;
    for (std::uint64_t key : {1, 2, 3, 4})
        pool.run({key, greedy},
                 [&, released] {
                     ++begun;
                     released.wait();
                 },
                 [] {});
    bool own = false, others = false;
    pool.run({5, other}, [] {}, [&] { others = true; });
    posted.runNext();
    EXPECT_TRUE(others);
    pool.run(6, [] {}, [&] { own = true; }); // luod's
    posted.runNext();
    EXPECT_TRUE(own);
    EXPECT_LE(begun, 2);
    release.set_value();
    for (int i = 0; i < 4; ++i)
        posted.runNext();
    EXPECT_EQ(begun, 4);
}

TEST(WorkerPool, OneThreadIsForEverybody) {
    Posted posted;
    WorkerPool pool(1, posted.post());
    bool done = false;
    pool.run({1, uid_t(1000)}, [] {}, [&] { done = true; });
    posted.runNext();
    EXPECT_TRUE(done);
}

TEST(WorkerPool, AJobIsGoneBeforeItsDone) {
    Posted posted;
    WorkerPool pool(1, posted.post());
    auto held = std::make_shared<int>();
    std::weak_ptr<int> seen = held;
    pool.run(1, [held = std::move(held)] {}, [&] { EXPECT_TRUE(seen.expired()); });
    posted.runNext();
}

TEST(WorkerPool, DestructionFinishesWhatWasGiven) {
    Posted posted;
    std::atomic<int> ran = 0;
    {
        WorkerPool pool(3, posted.post());
        for (std::uint64_t i = 0; i < 300; ++i)
            pool.run(i % 7, [&] { ++ran; }, [] {});
    }
    EXPECT_EQ(ran, 300);
    EXPECT_EQ(posted.count(), 300u);
}

TEST(WorkerPool, SignalsAreBlockedInWorkersAndNotElsewhere) {
    Posted posted;
    WorkerPool pool(1, posted.post());
    sigset_t inWorker;
    sigemptyset(&inWorker);
    pool.run(1, [&] { pthread_sigmask(SIG_BLOCK, nullptr, &inWorker); }, [] {});
    posted.runNext();
    EXPECT_TRUE(sigismember(&inWorker, SIGTERM));
    EXPECT_TRUE(sigismember(&inWorker, SIGCHLD));
    sigset_t here;
    pthread_sigmask(SIG_BLOCK, nullptr, &here);
    EXPECT_FALSE(sigismember(&here, SIGTERM));
}

} // namespace
