// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace luod::platform {

// A few threads for what the loop must not wait for. Jobs of one key run one after the other, in the order given;
// different keys run beside each other, but for the last free thread: that is not for an owner who has all the others.
// All signals are blocked in the threads.
//
// A job is destroyed (with all it holds) on its worker before its `done` is handed to `post`. An exception that leaves a
// job terminates the process. Destruction runs every job given so far to its end and posts their dones; whether these
// still run is for the owner of the loop to say.
class WorkerPool final : public core::Workers {
public:
    using Post = std::function<void(std::function<void()>)>; // callable from any thread: EventLoop::post

    WorkerPool(unsigned threads, Post post);
    ~WorkerPool() override;

    void run(core::Turn turn, std::function<void()> job, std::function<void()> done) override;

private:
    struct Task {
        std::optional<uid_t> owner;
        std::function<void()> job, done;
    };

    void work() noexcept;
    bool mayStart(const core::Turn& turn) const;
    std::deque<core::Turn>::iterator next();
    Task begin(const core::Turn& turn);
    void end(const core::Turn& turn);

    Post post_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::unordered_map<core::SessionId, std::deque<Task>> waiting_; // a key is in here while a job of it waits or runs
    std::deque<core::Turn> ready_;                                  // of each key that has a job waiting and none running
    std::unordered_map<uid_t, std::size_t> running_;                // owner -> jobs; only of those who have any
    std::size_t share_;                                             // of the threads, for one owner
    bool ending_ = false;
    std::vector<std::jthread> threads_; // last: ends before the rest goes
};

} // namespace luod::platform
