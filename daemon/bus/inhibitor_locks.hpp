// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"
#include "core/update.hpp"
#include "platform/event_loop.hpp"

#include <functional>
#include <map>
#include <set>
#include <vector>

namespace luod::bus {

// The fds behind Inhibit. A lock is the writing end of a pipe that nobody writes to; when its last copy is closed, the
// reading end here hangs up: that is the word "ready", and a client that dies has said it. The reading ends lie in the fd
// store too, so that a restart of luod, in the middle of an update even, changes nothing for the clients.
class InhibitorLocks {
public:
    InhibitorLocks(platform::EventLoop& loop, core::FdStore& store, std::function<void(core::InhibitorId)> released)
        : loop_(loop), store_(store), released_(std::move(released)) {}

    struct Pipe {
        core::UniqueFd ours, theirs;
    };
    static core::Errno<Pipe> make();
    // From now on the lock is watched. `stored`: it lies in the fd store already.
    void hold(core::InhibitorId id, core::UniqueFd ours, bool stored = false);

    static std::string fdName(core::InhibitorId id);
    static core::InhibitorId idOf(const std::string& fdName); // 0: not one of ours

private:
    struct Lock {
        core::UniqueFd fd;
        platform::EventSource source;
    };
    void release(core::InhibitorId id);

    platform::EventLoop& loop_;
    core::FdStore& store_;
    std::function<void(core::InhibitorId)> released_;
    std::map<core::InhibitorId, Lock> locks_;
};

} // namespace luod::bus
