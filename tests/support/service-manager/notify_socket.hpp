// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace luod::tests {

// One datagram of the sd_notify(3) protocol.
struct Notification {
    pid_t sender = 0;
    std::vector<std::string> lines;
    std::vector<core::UniqueFd> fds;

    bool has(std::string_view line) const;
    std::optional<std::string> value(std::string_view key) const; // of the first line KEY=
};

// The socket behind NOTIFY_SOCKET. An abstract one: a simulated kexec kills its owner without a chance to tidy up.
class NotifySocket {
public:
    NotifySocket();
    int fd() const { return socket_.get(); }
    const std::string& address() const { return address_; } // as in NOTIFY_SOCKET
    std::optional<Notification> receive();                  // nothing: the queue is empty

private:
    core::UniqueFd socket_;
    std::string address_;
};

} // namespace luod::tests
