// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/worker_pool.hpp"

#include <algorithm>
#include <csignal>
#include <pthread.h>
#include <utility>

namespace luod::platform {

WorkerPool::WorkerPool(unsigned threads, Post post) : post_(std::move(post)) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // threads inherit it
    for (unsigned i = 0; i < std::max(threads, 1u); ++i)
        threads_.emplace_back([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WorkerPool::~WorkerPool() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    threads_.clear();
}

void WorkerPool::run(core::SessionId key, std::function<void()> job, std::function<void()> done) {
    std::lock_guard lock(mutex_);
    auto [queue, first] = waiting_.try_emplace(key);
    queue->second.push_back({std::move(job), std::move(done)});
    if (first) {
        ready_.push_back(key);
        wake_.notify_one();
    }
}

// noexcept: what a job throws ends here, and the process with it.
void WorkerPool::work() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return !ready_.empty() || (ending_ && waiting_.empty()); });
        if (ready_.empty())
            return;
        core::SessionId key = ready_.front();
        ready_.pop_front();
        auto& queue = waiting_[key]; // stays: only who runs the key takes it out
        Task task = std::move(queue.front());
        queue.pop_front();

        lock.unlock();
        task.job();
        task.job = nullptr;
        post_(std::move(task.done));
        lock.lock();

        if (!queue.empty()) {
            ready_.push_back(key); // at the end: no key starves another
            continue;
        }
        waiting_.erase(key);
        if (ending_)
            wake_.notify_all();
    }
}

} // namespace luod::platform
