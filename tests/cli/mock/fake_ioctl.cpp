// SPDX-License-Identifier: LGPL-2.1-or-later
// An ioctl() that sends the session requests of LUO to the mock that lent the descriptor, and leaves all others alone.
// To be preloaded into luoctl and linked into the tests of the library.

#include "proto/liveupdate-abi.h"
#include "wire.hpp"

#include <cerrno>
#include <cstdarg>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

int fail(int error) {
    errno = error;
    return -1;
}

int askMock(int session, unsigned long number, void* argument) {
    // PRESERVE_FD and RETRIEVE_FD have the same shape.
    auto* request = static_cast<luo_preserve_fd*>(argument);
    if (request->size != sizeof *request)
        return fail(EINVAL);
    bool preserve = number == LUO_PRESERVE_FD;
    mock::Request question{number, request->token};
    if (int r = mock::sendWith(session, &question, sizeof question, preserve ? request->fd : -1); r < 0)
        return fail(-r);
    mock::Answer answer{};
    int fd = -1;
    if (int r = mock::receiveWith(session, &answer, sizeof answer, fd); r != int(sizeof answer))
        return fail(r < 0 ? -r : EPIPE);
    if (answer.error < 0)
        return fail(-answer.error);
    if (!preserve)
        request->fd = fd;
    return 0;
}

} // namespace

extern "C" __attribute__((visibility("default"))) int ioctl(int fd, unsigned long number, ...) noexcept {
    va_list rest;
    va_start(rest, number);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    if (number == LUO_PRESERVE_FD || number == LUO_RETRIEVE_FD)
        return askMock(fd, number, argument);
    if (number == LUO_GET_NAME) // the mock plays a kernel that has it
        return 0;
    return int(syscall(SYS_ioctl, fd, number, argument));
}
