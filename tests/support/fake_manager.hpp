// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace luod::test {

// Stands where the service manager stands: listens on a socket of its own and puts it into $NOTIFY_SOCKET. It reads only
// when told to.
class FakeManager {
public:
    struct Message {
        std::string text;
        std::vector<core::UniqueFd> fds;
        pid_t sender = 0;
    };

    // At an abstract address of the kernel's choice, or at this one, with its '@'.
    explicit FakeManager(const std::string& at = "") : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::copy(at.begin() + !at.empty(), at.end(), address.sun_path + 1);
        socklen_t size = static_cast<socklen_t>(sizeof(sa_family_t) + at.size());
        int on = 1;
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
        ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
        size = sizeof address;
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        std::string path(address.sun_path, size - offsetof(sockaddr_un, sun_path));
        path[0] = '@';
        address_ = path;
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~FakeManager() { ::unsetenv("NOTIFY_SOCKET"); }

    const std::string& address() const { return address_; }
    int fd() const { return socket_.get(); }
    // Waits for one.
    Message next() { return receive(0); }
    bool silent() { return receive(MSG_DONTWAIT).text.empty(); }

private:
    Message receive(int flags) {
        Message message;
        char text[8192];
        alignas(cmsghdr) char control[1024];
        iovec part{text, sizeof text};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        ssize_t got = ::recvmsg(socket_.get(), &header, flags | MSG_CMSG_CLOEXEC);
        if (got < 0)
            return message;
        message.text.assign(text, static_cast<std::size_t>(got));
        for (auto* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
            if (c->cmsg_type == SCM_CREDENTIALS) {
                ucred who;
                std::memcpy(&who, CMSG_DATA(c), sizeof who);
                message.sender = who.pid;
            }
            if (c->cmsg_type == SCM_RIGHTS)
                for (std::size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
                    int fd;
                    std::memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
                    message.fds.emplace_back(fd);
                }
        }
        return message;
    }

    core::UniqueFd socket_;
    std::string address_;
};

} // namespace luod::test
