// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/luo_device.hpp"

#include "proto/liveupdate-abi.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>

namespace luod::kernel {

using core::Errno;
using core::Token;
using core::UniqueFd;

namespace {

// 0, or the errno.
template <typename Request> int call(int fd, unsigned long number, Request& request) {
    request.size = sizeof request;
    int result;
    do
        result = ::ioctl(fd, number, &request);
    while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

Errno<UniqueFd> own(int fd) {
    UniqueFd owned(fd);
    if (!owned)
        return std::unexpected(EBADF);
    int flags = ::fcntl(fd, F_GETFD);
    if (flags < 0 || (!(flags & FD_CLOEXEC) && ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0))
        return std::unexpected(errno);
    return owned;
}

} // namespace

const char* const LuoDevice::defaultPath = LUO_DEVICE_PATH;

// Creating and retrieving a session take and give the same.
Errno<UniqueFd> LuoDevice::onDevice(unsigned long number, const std::string& name) {
    static_assert(sizeof(luo_create_session) == sizeof(luo_retrieve_session));
    luo_create_session request{};
    if (name.empty() || name.size() >= sizeof request.name || name.find('\0') != name.npos)
        return std::unexpected(EINVAL);
    std::memcpy(request.name, name.data(), name.size());
    request.fd = -1;

    int opened;
    do
        opened = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY);
    while (opened < 0 && errno == EINTR);
    // RETRIEVE_SESSION says ENOENT for a session that is not there; no device at all must not look the same.
    if (opened < 0)
        return std::unexpected(errno == ENOENT ? ENODEV : errno);
    UniqueFd device(opened);
    if (int err = call(device.get(), number, request))
        return std::unexpected(err);
    return own(request.fd);
}

Errno<UniqueFd> LuoDevice::createSession(const std::string& kernelName) {
    return onDevice(LUO_CREATE_SESSION, kernelName);
}

Errno<UniqueFd> LuoDevice::retrieveSession(const std::string& kernelName) {
    return onDevice(LUO_RETRIEVE_SESSION, kernelName);
}

Errno<> LuoDevice::preserve(int session, int fd, Token token) {
    luo_preserve_fd request{};
    request.fd = fd;
    request.token = token;
    if (int err = call(session, LUO_PRESERVE_FD, request))
        return std::unexpected(err);
    return {};
}

Errno<UniqueFd> LuoDevice::retrieve(int session, Token token) {
    luo_retrieve_fd request{};
    request.fd = -1;
    request.token = token;
    if (int err = call(session, LUO_RETRIEVE_FD, request))
        return std::unexpected(err);
    return own(request.fd);
}

Errno<> LuoDevice::finish(int session) {
    luo_finish request{};
    if (int err = call(session, LUO_FINISH, request))
        return std::unexpected(err);
    return {};
}

// The kernel looks at the token first, then whether there is room, then at the fd, and changes nothing before it has all
// three. So ask it to preserve no file at all and listen for where it stops.
Errno<bool> LuoDevice::holds(int session, Token token) {
    if (::fcntl(session, F_GETFD) < 0) // or EBADF would speak of the session
        return std::unexpected(errno);
    auto refused = preserve(session, -1, token);
    if (refused)
        return std::unexpected(EPROTO);
    switch (refused.error()) {
    case EEXIST:
        return true;
    case EBADF:
    case ENOSPC:
        return false;
    default:
        return std::unexpected(refused.error());
    }
}

// Nothing asks for it, and releases tell nothing, since fixes were back-ported unevenly. Seals travel since 7.1; GET_NAME came
// with 7.2.
bool LuoDevice::carriesSeals(int session) {
    luo_get_name request{};
    return call(session, LUO_GET_NAME, request) == 0;
}

} // namespace luod::kernel
