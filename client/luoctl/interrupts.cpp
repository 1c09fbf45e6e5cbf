// SPDX-License-Identifier: LGPL-2.1-or-later
#include "interrupts.hpp"

#include "failure.hpp"
#include "output.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

namespace luoctl {
namespace {

sigset_t interrupt() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return set;
}

bool readable(const pollfd& fd) {
    return fd.revents != 0;
}

} // namespace

Interrupts::Interrupts() : noted_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), stop_(eventfd(0, EFD_CLOEXEC)) {
    sigset_t set = interrupt();
    signals_ = Fd{signalfd(-1, &set, SFD_CLOEXEC)};
    if (signals_.get() < 0 || noted_.get() < 0 || stop_.get() < 0)
        throw local("cannot watch for interrupts", errno);
    sigprocmask(SIG_BLOCK, &set, nullptr); // the thread inherits it
    thread_ = std::thread([this] { watch(); });
}

Interrupts::~Interrupts() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
    sigset_t set = interrupt();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupts::watch() {
    std::array<pollfd, 2> fds{pollfd{stop_.get(), POLLIN, 0}, pollfd{signals_.get(), POLLIN, 0}};
    for (bool before = false; !readable(fds[0]); fds[1].revents = 0) {
        signalfd_siginfo info{};
        if (poll(fds.data(), fds.size(), -1) < 0 || !readable(fds[1]) ||
            read(signals_.get(), &info, sizeof info) != ssize_t(sizeof info))
            continue;
        if (before)
            _exit(128 + SIGINT);
        before = true;
        eventfd_write(noted_.get(), 1);
        writeAll(STDERR_FILENO, "\nluoctl: interrupted: luod is asked to abort; once more leaves it to itself\n");
    }
}

bool Interrupts::take() {
    eventfd_t value = 0;
    return eventfd_read(noted_.get(), &value) == 0;
}

} // namespace luoctl
