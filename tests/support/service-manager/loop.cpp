// SPDX-License-Identifier: LGPL-2.1-or-later
#include "loop.hpp"

#include <cerrno>
#include <sys/epoll.h>
#include <system_error>

namespace luod::tests {

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_)
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

bool Loop::watch(int fd, std::uint32_t events, Callback callback) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) {
        if (errno == EPERM)
            return false;
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
    callbacks_[fd] = std::move(callback);
    return true;
}

void Loop::forget(int fd) {
    if (callbacks_.erase(fd) > 0)
        epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::step(const Callback& first) {
    epoll_event event{};
    if (epoll_wait(epoll_.get(), &event, 1, -1) < 1)
        return;
    first();
    // `first` may have forgotten the fd, and the callback may forget itself: look again, and run a copy.
    if (auto found = callbacks_.find(event.data.fd); found != callbacks_.end()) {
        const Callback callback = found->second;
        callback();
    }
}

} // namespace luod::tests
