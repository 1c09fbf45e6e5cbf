// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/custody_socket.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace luod::platform {

namespace {

constexpr char head[] = "FDSTORE=1\nFDNAME=", tail[] = "\nFDPOLL=0";
constexpr int patience = 10'000; // milliseconds for a barrier

} // namespace

std::optional<CustodySocket> CustodySocket::fromEnvironment() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    CustodySocket socket;
    std::size_t length = path ? std::strlen(path) : 0;
    if (length < 2 || length >= sizeof socket.name_.sun_path || (path[0] != '/' && path[0] != '@'))
        return {};
    socket.name_.sun_family = AF_UNIX;
    std::memcpy(socket.name_.sun_path, path, length);
    bool abstract = path[0] == '@';
    if (abstract)
        socket.name_.sun_path[0] = '\0';
    socket.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
    return socket;
}

bool CustodySocket::store(int fd, const char* name) noexcept {
    char text[sizeof head + nameSize + sizeof tail];
    std::size_t length = 0;
    for (const char* part : {head, name, tail}) {
        std::size_t size = std::strlen(part);
        std::memcpy(text + length, part, size);
        length += size;
    }
    return send(text, length, fd);
}

bool CustodySocket::reach() noexcept {
    return ::connect(socket_, reinterpret_cast<const sockaddr*>(&name_), size_) == 0;
}

bool CustodySocket::settle() noexcept {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0)
        return false;
    bool sent = send("BARRIER=1", 9, ends[1]);
    ::close(ends[1]);
    pollfd done{ends[0], 0, 0}; // a hang-up comes unasked
    int ready = 0;
    while (sent && (ready = ::poll(&done, 1, patience)) < 0 && errno == EINTR) {
    }
    ::close(ends[0]);
    return ready > 0;
}

bool CustodySocket::isAlive() noexcept {
    constexpr char nothing[] = "X_LUOD_GUARD=1"; // no service manager makes anything of it
    ssize_t sent;
    while ((sent = ::send(socket_, nothing, sizeof nothing - 1, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return sent >= 0;
}

bool CustodySocket::send(const char* text, std::size_t length, int fd) noexcept {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)]{};
    iovec part{const_cast<char*>(text), length};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    ssize_t sent;
    while ((sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return sent >= 0;
}

} // namespace luod::platform
