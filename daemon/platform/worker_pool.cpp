// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/worker_pool.hpp"

#include <algorithm>
#include <csignal>
#include <pthread.h>
#include <utility>

namespace luod::platform {

WorkerPool::WorkerPool(unsigned threads, Post post) : post_(std::move(post)), share_(std::max(threads, 2u) - 1) {
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

void WorkerPool::run(core::Turn turn, std::function<void()> job, std::function<void()> done) {
    std::lock_guard lock(mutex_);
    auto [queue, first] = waiting_.try_emplace(turn.key);
    queue->second.push_back({turn.owner, std::move(job), std::move(done)});
    if (first) {
        ready_.push_back(turn);
        wake_.notify_one();
    }
}

bool WorkerPool::mayStart(const core::Turn& turn) const {
    const auto has = turn.owner ? running_.find(*turn.owner) : running_.end();
    return has == running_.end() || has->second < share_;
}

std::deque<core::Turn>::iterator WorkerPool::next() {
    return std::ranges::find_if(ready_, [this](const core::Turn& turn) { return mayStart(turn); });
}

WorkerPool::Task WorkerPool::begin(const core::Turn& turn) {
    if (turn.owner)
        ++running_[*turn.owner];
    auto& queue = waiting_[turn.key]; // stays: only who runs the key takes it out
    Task task = std::move(queue.front());
    queue.pop_front();
    return task;
}

void WorkerPool::end(const core::Turn& turn) {
    if (turn.owner && --running_[*turn.owner] == 0)
        running_.erase(*turn.owner);
    if (auto& queue = waiting_[turn.key]; !queue.empty())
        ready_.push_back({turn.key, queue.front().owner}); // at the end: no key starves another
    else
        waiting_.erase(turn.key);
    if (ending_)
        wake_.notify_all();
}

// noexcept: what a job throws ends here, and the process with it.
void WorkerPool::work() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return next() != ready_.end() || (ending_ && waiting_.empty()); });
        const auto found = next();
        if (found == ready_.end())
            return;
        const core::Turn turn = *found;
        ready_.erase(found);
        Task task = begin(turn);

        lock.unlock();
        task.job();
        task.job = nullptr;
        post_(std::move(task.done));
        lock.lock();

        end(turn);
    }
}

} // namespace luod::platform
