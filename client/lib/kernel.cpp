// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel.hpp"

#include "client.hpp"
#include "files.hpp"
#include "proto/liveupdate-abi.h"

#include <cstring>
#include <sys/ioctl.h>

namespace luod::client {
namespace {

template <typename Request> int ask(int fd, unsigned long number, Request& request) {
    request.size = sizeof request;
    int r;
    do
        r = ioctl(fd, number, &request);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : 0;
}

std::string about(uint64_t token) {
    return "token " + std::to_string(token);
}

std::string refusal(uint64_t token, int error) {
    return "the kernel refuses " + about(token) + ": " + strerrordesc_np(-error);
}

} // namespace

int borrow(luod_client& client, const char* session, Fd& into) {
    Message reply;
    if (int r = sessionCall(client, session, "Open").send(reply); r < 0)
        return r;
    int r = takeFd(reply.get(), into);
    return r < 0 ? fail(client, r, "cannot take the session's descriptor") : 0;
}

bool keepsRules(int session) {
    luo_get_name request{};
    return ask(session, LUO_GET_NAME, request) == 0;
}

int failPreserve(luod_client& client, int error, uint64_t token, const std::string& kind) {
    switch (-error) {
    case EEXIST:
        return failAsLuod(client, "TokenTaken", "the session holds a file under " + about(token) + " already");
    case EBUSY:
        return failAsLuod(client, "AlreadyPreserved", "the file for " + about(token) + " is held by a session already");
    case ENOENT:
    case EOPNOTSUPP:
        return failAsLuod(client, "KindNotSupported",
                          "this kernel has no handler for a " + kind + " (" + refusal(token, error) + ")");
    case ENOSPC:
        return failAsLuod(client, "LimitReached", "the session is full: " + refusal(token, error));
    case EBADF:
        return failAsLuod(client, "InvalidArgument", "the descriptor for " + about(token) + " is not open");
    default:
        return failAsLuod(client, "KernelRefused", refusal(token, error) + " (" + kind + ")");
    }
}

int failRetrieve(luod_client& client, int error, uint64_t token) {
    if (error == -ENOENT)
        return failAsLuod(client, "NoSuchFile", "the session holds no file under " + about(token));
    return failAsLuod(client, "KernelRefused", refusal(token, error));
}

} // namespace luod::client

int luod_ioctl_preserve(int session_fd, int fd, uint64_t token) {
    luo_preserve_fd request{.fd = fd, .token = token};
    return luod::client::ask(session_fd, LUO_PRESERVE_FD, request);
}

int luod_ioctl_retrieve(int session_fd, uint64_t token) {
    luo_retrieve_fd request{.fd = -1, .token = token};
    int r = luod::client::ask(session_fd, LUO_RETRIEVE_FD, request);
    return r < 0 ? r : request.fd;
}
