// SPDX-License-Identifier: LGPL-2.1-or-later
#include "background.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

namespace luod::qemu {

Background::~Background() {
    if (thread_.joinable())
        thread_.join();
    sd_event_source_disable_unref(source_);
}

void Background::run(std::function<void()> job, std::function<void()> done) {
    done_ = std::move(done);
    signal_ = client::Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    sd_event_add_io(loop_, &source_, signal_.get(), EPOLLIN, ended, this);
    thread_ = std::thread([job = std::move(job), fd = signal_.get()] {
        job();
        eventfd_write(fd, 1);
    });
}

int Background::ended(sd_event_source*, int, std::uint32_t, void* self) {
    auto& background = *static_cast<Background*>(self);
    background.thread_.join();
    background.source_ = sd_event_source_disable_unref(background.source_);
    auto done = std::move(background.done_);
    done();
    return 0;
}

} // namespace luod::qemu
