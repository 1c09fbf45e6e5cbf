// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "client/lib/fd.hpp"

#include <functional>
#include <systemd/sd-event.h>
#include <thread>

namespace luod::qemu {

// One piece of work at a time, beside the loop.
class Background {
public:
    explicit Background(sd_event* loop) : loop_(loop) {}
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // done is called on the loop.
    void run(std::function<void()> job, std::function<void()> done);
    bool busy() const { return thread_.joinable(); }

private:
    static int ended(sd_event_source*, int, std::uint32_t, void* self);

    sd_event* loop_;
    sd_event_source* source_ = nullptr;
    client::Fd signal_;
    std::thread thread_;
    std::function<void()> done_;
};

} // namespace luod::qemu
