// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/files.hpp"

#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace luod::fuzz {
namespace {

using core::UniqueFd;

UniqueFd memory(std::size_t size, unsigned flags = 0, int seals = 0) {
    UniqueFd fd(memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags));
    if (fd && ftruncate(fd.get(), off_t(size)) == 0 && seals)
        fcntl(fd.get(), F_ADD_SEALS, seals);
    return fd;
}

UniqueFd reopened(int flags) {
    const UniqueFd fd = memory(4096);
    return UniqueFd(open(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), flags | O_CLOEXEC));
}

UniqueFd endOf(int (*make)(int*), int which) {
    int ends[2] = {-1, -1};
    if (make(ends) != 0)
        return {};
    close(ends[1 - which]);
    return UniqueFd(ends[which]);
}
int makePipe(int* ends) {
    return pipe2(ends, O_CLOEXEC);
}
int makeSockets(int* ends) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

UniqueFd opened(const char* path, int flags) {
    return UniqueFd(open(path, flags | O_CLOEXEC | O_NOCTTY));
}

UniqueFd signals() {
    sigset_t none;
    sigemptyset(&none);
    return UniqueFd(signalfd(-1, &none, SFD_CLOEXEC));
}

constexpr UniqueFd (*kinds[])() = {
    [] { return memory(0); },
    [] { return memory(1 << 20); },
    [] { return memory(1, 0, F_SEAL_SHRINK | F_SEAL_GROW); },
    [] { return memory(4096, 0, F_SEAL_WRITE | F_SEAL_SEAL); },
    [] { return memory(4096, 0, F_SEAL_FUTURE_WRITE); },
    [] { return memory(4096, 8 /* MFD_NOEXEC_SEAL */); },
    [] { return memory(2 << 20, MFD_HUGETLB); },
    [] { return reopened(O_RDONLY); },
    [] { return reopened(O_WRONLY); },
    [] { return reopened(O_PATH); },
    [] { return endOf(makePipe, 0); },
    [] { return endOf(makePipe, 1); },
    [] { return endOf(makeSockets, 0); },
    [] { return UniqueFd(eventfd(0, EFD_CLOEXEC)); },
    [] { return UniqueFd(epoll_create1(EPOLL_CLOEXEC)); },
    [] { return UniqueFd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)); },
    [] { return UniqueFd(inotify_init1(IN_CLOEXEC)); },
    [] { return UniqueFd(int(syscall(SYS_pidfd_open, getpid(), 0))); },
    [] { return signals(); },
    [] { return opened("/", O_RDONLY | O_DIRECTORY); },
    [] { return opened("/", O_PATH); },
    [] { return opened("/tmp", O_TMPFILE | O_RDWR); },
    [] { return opened("/dev/null", O_RDWR); },
    [] { return opened("/dev/zero", O_RDONLY); },
    [] { return opened("/proc/self/status", O_RDONLY); },
    [] { return opened("/proc/self/ns/mnt", O_RDONLY); },
    [] { return opened("/sys/kernel/mm", O_RDONLY | O_DIRECTORY); },
};

} // namespace

UniqueFd anyFile(Random& random) {
    UniqueFd fd = oneIn(random, 2) ? memory(1 + below(random, 20'000)) : kinds[below(random, std::size(kinds))]();
    return fd ? std::move(fd) : opened("/dev/null", O_RDWR); // what this machine has not
}

} // namespace luod::fuzz
