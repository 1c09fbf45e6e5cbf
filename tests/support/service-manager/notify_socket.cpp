// SPDX-License-Identifier: LGPL-2.1-or-later
#include "notify_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

namespace luod::tests {

constexpr std::size_t mostFds = 253; // SCM_MAX_FD: the kernel lets no more into one message

bool Notification::has(std::string_view line) const {
    return std::ranges::find(lines, line) != lines.end();
}

std::optional<std::string> Notification::value(std::string_view key) const {
    for (const std::string& line : lines)
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
            return line.substr(key.size() + 1);
    return std::nullopt;
}

static void check(int result, const char* what) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
}

NotifySocket::NotifySocket() : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    check(socket_.get(), "notify socket");
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    // Bound to no name at all, the kernel finds a free abstract one.
    check(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address.sun_family), "bind notify socket");
    socklen_t length = sizeof address;
    check(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length), "name of notify socket");
    address_ = "@" + std::string(address.sun_path + 1, length - offsetof(sockaddr_un, sun_path) - 1);
    const int yes = 1;
    check(setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes), "SO_PASSCRED");
}

static std::vector<std::string> linesOf(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (!line.empty())
            lines.emplace_back(line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return lines;
}

std::optional<Notification> NotifySocket::receive() {
    for (;;) {
        std::array<char, PIPE_BUF> text; // systemd's limit: what is longer is dropped whole
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int) * mostFds)> control;
        iovec part{text.data(), text.size()};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t length = recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return std::nullopt;

        Notification message;
        for (cmsghdr* item = CMSG_FIRSTHDR(&header); item; item = CMSG_NXTHDR(&header, item)) {
            if (item->cmsg_level != SOL_SOCKET)
                continue;
            if (item->cmsg_type == SCM_CREDENTIALS) {
                ucred sender{};
                std::memcpy(&sender, CMSG_DATA(item), sizeof sender);
                message.sender = sender.pid;
            }
            if (item->cmsg_type == SCM_RIGHTS) {
                std::vector<int> numbers((item->cmsg_len - CMSG_LEN(0)) / sizeof(int));
                std::memcpy(numbers.data(), CMSG_DATA(item), numbers.size() * sizeof(int));
                for (int number : numbers)
                    message.fds.emplace_back(number);
            }
        }
        if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
            continue;
        message.lines = linesOf({text.data(), static_cast<std::size_t>(length)});
        return message;
    }
}

} // namespace luod::tests
