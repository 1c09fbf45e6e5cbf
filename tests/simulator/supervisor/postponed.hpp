// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"

#include <chrono>
#include <functional>
#include <map>

namespace luosim {

/// What is to be done later, by one timer: a slow call must hold up nobody but its caller.
class Postponed {
public:
    Postponed();

    void add(std::chrono::milliseconds delay, std::function<void()> action);
    /// Does what is due. Call it when fd() is readable.
    void run();
    void clear();
    int fd() const { return timer_.get(); }

private:
    using Clock = std::chrono::steady_clock;
    void arm();

    Fd timer_;
    std::multimap<Clock::time_point, std::function<void()>> actions_;
};

} // namespace luosim
