// SPDX-License-Identifier: LGPL-2.1-or-later

// To be preloaded: what cannot be done to one process from outside. LUOD_ADVERSITY=FILE is an Adversity (adversity.hpp):
// whatever makes a new open file fails, as in a system that has too many of them; the wall clock is wrong.

#undef _FILE_OFFSET_BITS // or open would be open64 by another name

#include "adversity.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

using luod::tests::Adversity;

template <typename Function> Function* next(Function*, const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

const Adversity* shared() {
    static const Adversity* const mapped = [] {
        static const auto real = next(&open64, "open64");
        const char* path = getenv("LUOD_ADVERSITY");
        const int fd = path ? real(path, O_RDONLY | O_CLOEXEC) : -1;
        void* const memory = fd < 0 ? MAP_FAILED : mmap(nullptr, sizeof(Adversity), PROT_READ, MAP_SHARED, fd, 0);
        if (fd >= 0)
            close(fd);
        return memory == MAP_FAILED ? nullptr : static_cast<const Adversity*>(memory);
    }();
    return mapped;
}

template <typename Call> int opening(Call&& call) {
    const Adversity* now = shared();
    if (!now || now->openError == 0)
        return call();
    errno = now->openError;
    return -1;
}

int modeOf(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, int) : 0; }

} // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    static const auto real = next(&open, "open");
    va_list rest;
    va_start(rest, flags);
    const int mode = modeOf(flags, rest);
    va_end(rest);
    return opening([&] { return real(path, flags, mode); });
}
int open64(const char* path, int flags, ...) {
    static const auto real = next(&open64, "open64");
    va_list rest;
    va_start(rest, flags);
    const int mode = modeOf(flags, rest);
    va_end(rest);
    return opening([&] { return real(path, flags, mode); });
}
int memfd_create(const char* name, unsigned flags) noexcept {
    static const auto real = next(&memfd_create, "memfd_create");
    return opening([&] { return real(name, flags); });
}
int pipe2(int* ends, int flags) noexcept {
    static const auto real = next(&pipe2, "pipe2");
    return opening([&] { return real(ends, flags); });
}
int socket(int domain, int type, int protocol) noexcept {
    static const auto real = next(&socket, "socket");
    return opening([&] { return real(domain, type, protocol); });
}
int eventfd(unsigned count, int flags) noexcept {
    static const auto real = next(&eventfd, "eventfd");
    return opening([&] { return real(count, flags); });
}
int timerfd_create(int clock, int flags) noexcept {
    static const auto real = next(&timerfd_create, "timerfd_create");
    return opening([&] { return real(clock, flags); });
}
int epoll_create1(int flags) noexcept {
    static const auto real = next(&epoll_create1, "epoll_create1");
    return opening([&] { return real(flags); });
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    static const auto real = next(&clock_gettime, "clock_gettime");
    const int result = real(clock, time);
    if (const Adversity* now = shared(); now && clock == CLOCK_REALTIME)
        time->tv_sec += now->clockOff;
    return result;
}

} // extern "C"
