// SPDX-License-Identifier: LGPL-2.1-or-later
#include "postponed.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cstdint>

namespace luosim {

Postponed::Postponed() : timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}

void Postponed::add(std::chrono::milliseconds delay, std::function<void()> action) {
    actions_.emplace(Clock::now() + delay, std::move(action));
    arm();
}

void Postponed::run() {
    std::uint64_t expirations;
    [[maybe_unused]] const auto length = read(timer_.get(), &expirations, sizeof expirations);
    while (!actions_.empty() && actions_.begin()->first <= Clock::now()) {
        const auto action = std::move(actions_.extract(actions_.begin()).mapped());
        action();
    }
    arm();
}

void Postponed::clear() {
    actions_.clear();
    arm();
}

void Postponed::arm() {
    itimerspec when = {};
    if (!actions_.empty()) {
        const auto wait = actions_.begin()->first - Clock::now();
        const auto nanoseconds =
            std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count());
        when.it_value.tv_sec = nanoseconds / 1'000'000'000;
        when.it_value.tv_nsec = nanoseconds % 1'000'000'000;
    }
    timerfd_settime(timer_.get(), 0, &when, nullptr);
}

} // namespace luosim
