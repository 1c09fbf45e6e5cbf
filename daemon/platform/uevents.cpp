// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/uevents.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/netlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace luod::platform {
namespace {

constexpr unsigned fromTheKernel = 1; // the multicast group; 2 is udev's

// One message; empty where there is none. Lost ones are as good as one that says so.
enum class Heard { Nothing, Other, Removal };
Heard hear(int socket, std::string_view subsystem) {
    std::array<char, 8192> message;
    ssize_t size = ::recv(socket, message.data(), message.size(), MSG_DONTWAIT);
    if (size < 0)
        return errno == ENOBUFS ? Heard::Removal : Heard::Nothing;
    return saysRemoved({message.data(), std::size_t(size)}, subsystem) ? Heard::Removal : Heard::Other;
}

} // namespace

bool saysRemoved(std::string_view message, std::string_view subsystem) {
    if (!message.starts_with("remove@"))
        return false;
    while (!message.empty()) {
        std::string_view line = message.substr(0, message.find('\0'));
        if (line.starts_with("SUBSYSTEM="))
            return line.substr(line.find('=') + 1) == subsystem;
        message.remove_prefix(std::min(line.size() + 1, message.size()));
    }
    return false;
}

core::Errno<Uevents> Uevents::listen(EventLoop& loop, std::string subsystem, std::function<void()> removed) {
    Uevents uevents;
    uevents.socket_ = core::UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
    sockaddr_nl address{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = fromTheKernel};
    if (!uevents.socket_ || ::bind(uevents.socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
        return std::unexpected(errno);
    uevents.source_ = loop.io(uevents.socket_.get(), EPOLLIN,
                              [socket = uevents.socket_.get(), subsystem = std::move(subsystem),
                               removed = std::move(removed)](std::uint32_t) {
                                  bool any = false;
                                  for (Heard heard; (heard = hear(socket, subsystem)) != Heard::Nothing;)
                                      any = any || heard == Heard::Removal;
                                  if (any)
                                      removed();
                              });
    return uevents;
}

} // namespace luod::platform
