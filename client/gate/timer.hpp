// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <systemd/sd-event.h>

namespace luod::gate {

// Calls back once, on the loop.
class Timer {
public:
    explicit Timer(sd_event* loop) : loop_(loop) {}
    ~Timer() { off(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void after(std::uint64_t microseconds, std::function<void()> then) {
        off();
        then_ = std::move(then);
        sd_event_add_time_relative(loop_, &source_, CLOCK_MONOTONIC, microseconds, 1, fired, this);
    }
    void off() { source_ = sd_event_source_disable_unref(source_); }

private:
    static int fired(sd_event_source*, std::uint64_t, void* self) {
        auto& timer = *static_cast<Timer*>(self);
        timer.off();
        auto then = std::move(timer.then_);
        then();
        return 0;
    }

    sd_event* loop_;
    sd_event_source* source_ = nullptr;
    std::function<void()> then_;
};

} // namespace luod::gate
