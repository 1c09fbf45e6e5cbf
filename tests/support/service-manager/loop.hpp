// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <unordered_map>

namespace luod::tests {

// One event at a time, so that between any two of them the notify socket can be emptied: that is PID 1's order of
// things, and what makes a message survive its sender.
class Loop {
public:
    using Callback = std::function<void()>;
    Loop();
    // False where the file cannot be polled (memfds, real session fds): then there is nothing to wait for.
    bool watch(int fd, std::uint32_t events, Callback callback);
    void forget(int fd); // before the fd is closed: its file may be open elsewhere and would go on reporting
    void step(const Callback& first);

private:
    core::UniqueFd epoll_;
    std::unordered_map<int, Callback> callbacks_;
};

} // namespace luod::tests
