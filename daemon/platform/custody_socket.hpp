// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

namespace luod::platform {

// The service manager's notify socket as the custody guard uses it: in the child of a dead process, where other threads'
// locks may be held for ever. So, after fromEnvironment(), nothing but system calls; no allocation, no stdio, no getenv.
class CustodySocket {
public:
    static constexpr std::size_t nameSize = 256; // of a name in the fd store, with its NUL

    // Where $NOTIFY_SOCKET leads; nothing where there is none. `socket` is the caller's.
    static std::optional<CustodySocket> fromEnvironment();
    void use(int socket) { socket_ = socket; }
    int fd() const { return socket_; }

    bool reach() noexcept; // whoever listens there now; all below goes to that one and to no successor
    bool store(int fd, const char* name) noexcept; // whether the message is on its way
    // Waits until the service manager has acted on all that was sent; false where it did not in time. One that ends lets
    // go of a barrier, too, without having read anything: ask isAlive() after it.
    bool settle() noexcept;
    bool isAlive() noexcept;

private:
    bool send(const char* text, std::size_t length, int fd) noexcept;

    sockaddr_un name_{};
    socklen_t size_ = 0;
    int socket_ = -1;
};

} // namespace luod::platform
