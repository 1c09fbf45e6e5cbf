// SPDX-License-Identifier: LGPL-2.1-or-later
#include "wire.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace mock {
namespace {

union Control {
    char bytes[CMSG_SPACE(sizeof(int))];
    cmsghdr align;
};

} // namespace

int sendWith(int socket, const void* data, unsigned size, int fd) {
    Control control{};
    iovec part{const_cast<void*>(data), size};
    msghdr message{.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL);
    return n < 0 ? -errno : int(n);
}

int receiveWith(int socket, void* data, unsigned size, int& fd) {
    Control control{};
    iovec part{data, size};
    msghdr message{
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    fd = -1;
    ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (n < 0)
        return -errno;
    if (cmsghdr* header = CMSG_FIRSTHDR(&message); header && header->cmsg_type == SCM_RIGHTS)
        std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return int(n);
}

} // namespace mock
