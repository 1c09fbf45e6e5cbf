// SPDX-License-Identifier: LGPL-2.1-or-later
#include "wait.hpp"

#include "failure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <time.h>

namespace luoctl {
namespace {

// poll's milliseconds until the bus or the caller wants to be woken.
int patience(Luod& luod, uint64_t usec) {
    uint64_t until = UINT64_MAX;
    luod.check(luod_get_timeout(luod.handle(), &until), "cannot wait");
    if (until != UINT64_MAX) {
        uint64_t now = monotonicNow();
        usec = std::min(usec, until <= now ? 0 : until - now);
    }
    return usec == UINT64_MAX ? -1 : int(std::min<uint64_t>((usec + 999) / 1'000, INT_MAX));
}

} // namespace

uint64_t monotonicNow() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return uint64_t(now.tv_sec) * 1'000'000 + uint64_t(now.tv_nsec) / 1'000;
}

bool waitFor(Luod& luod, int other, uint64_t usec) {
    std::array<pollfd, 2> fds{pollfd{luod.check(luod_get_fd(luod.handle()), "cannot wait"), 0, 0},
                              pollfd{other, POLLIN, 0}};
    fds[0].events = short(luod.check(luod_get_events(luod.handle()), "cannot wait"));
    if (poll(fds.data(), fds.size(), patience(luod, usec)) < 0 && errno != EINTR)
        throw local("cannot wait", errno);
    return fds[1].revents != 0;
}

} // namespace luoctl
