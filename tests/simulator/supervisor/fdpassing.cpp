// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fdpassing.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace luosim {

bool sendWithFd(int socket, const void* message, std::size_t size, int fd) {
    iovec data = {const_cast<void*>(message), size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    if (fd >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* part = CMSG_FIRSTHDR(&header);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    }
    return sendmsg(socket, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

bool receiveWithFd(int socket, void* message, std::size_t size, Fd& fd) {
    iovec data = {message, size};
    int number = -1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof number)] = {};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t length;
    do {
        length = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (const cmsghdr* part = length >= 0 ? CMSG_FIRSTHDR(&header) : nullptr)
        std::memcpy(&number, CMSG_DATA(part), sizeof number);
    fd = Fd(number);
    return length == static_cast<ssize_t>(size);
}

} // namespace luosim
