// SPDX-License-Identifier: LGPL-2.1-or-later
#include "connection.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace luod::qemu::qmp {

namespace {

constexpr std::size_t longest = 16 << 20; // bytes of a message: query-machines of a large QEMU has some 100,000

void attach(msghdr& header, std::array<char, CMSG_SPACE(sizeof(int))>& control, int fd) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
}

} // namespace

// Commands are far smaller than what a socket holds: they go out whole.
Result<> Connection::send(const Json& message, int fd) {
    std::string line = message.dump() + "\n";
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{line.data(), line.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (fd >= 0)
        attach(header, control, fd);
    const ssize_t sent = sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
        return failure("QEMU has ended");
    if (sent != ssize_t(line.size()))
        return systemFailure("QEMU cannot be told anything");
    return {};
}

// Whether something came.
Result<bool> Connection::receive() {
    std::array<char, 65536> part;
    const ssize_t got = recv(socket_.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return failure("QEMU has ended");
    if (got < 0)
        return systemFailure("QEMU cannot be listened to");
    received_.append(part.data(), std::size_t(got));
    if (received_.size() > longest)
        return failure("QEMU says more than is believable");
    return true;
}

Result<std::optional<Json>> Connection::take() {
    std::size_t end = 0;
    while ((end = received_.find('\n')) == std::string::npos) {
        auto more = receive();
        if (!more)
            return failure(more.error());
        if (!*more)
            return std::nullopt;
    }
    Json message = Json::parse(received_.substr(0, end), nullptr, false);
    received_.erase(0, end + 1);
    if (!message.is_object())
        return failure("QEMU says what is no JSON object");
    return message;
}

Result<> Connection::wait(const Deadline& deadline, int other) {
    std::array<pollfd, 2> fds{{{socket_.get(), POLLIN, 0}, {other, POLLIN, 0}}};
    const int ready = poll(fds.data(), fds.size(), deadline.milliseconds());
    if (ready == 0)
        return failure("QEMU does not answer in time");
    if (ready < 0 && errno != EINTR)
        return systemFailure("QEMU cannot be waited for");
    return {};
}

} // namespace luod::qemu::qmp
