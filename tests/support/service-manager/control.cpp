// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control.hpp"

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

namespace luod::tests {

Control::Control(Loop& loop, const std::string& path, Handler handler)
    : loop_(loop), handler_(std::move(handler)), socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const std::string young = path + ".new";
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (young.size() >= sizeof address.sun_path)
        throw std::runtime_error("too long for a socket: " + path);
    young.copy(address.sun_path, young.size());
    unlink(young.c_str());
    if (!socket_ || bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
        listen(socket_.get(), SOMAXCONN) < 0 || rename(young.c_str(), path.c_str()) < 0)
        throw std::system_error(errno, std::generic_category(), path);
    loop_.watch(socket_.get(), EPOLLIN, [this] { accept(); });
}

Control::~Control() {
    while (!connections_.empty())
        close(connections_.begin()->first);
    loop_.forget(socket_.get());
}

void Control::accept() {
    core::UniqueFd socket(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket)
        return;
    const Client client = next_++;
    loop_.watch(socket.get(), EPOLLIN | EPOLLRDHUP, [this, client] { read(client); });
    connections_[client].socket = std::move(socket);
}

void Control::read(Client client) {
    Connection& connection = connections_.at(client);
    char bytes[4096];
    const ssize_t length = recv(connection.socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0)
        return close(client);
    connection.unread.append(bytes, static_cast<std::size_t>(length));
    for (std::size_t end; connections_.contains(client) && (end = connection.unread.find('\n')) != std::string::npos;) {
        const std::string line = connection.unread.substr(0, end);
        connection.unread.erase(0, end + 1);
        handler_(client, line); // may close this very connection
    }
}

void Control::close(Client client) {
    auto found = connections_.find(client);
    loop_.forget(found->second.socket.get());
    connections_.erase(found);
}

void Control::answer(Client client, const std::string& line) {
    const auto found = connections_.find(client);
    if (found == connections_.end())
        return;
    const std::string bytes = line + '\n';
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t length = send(found->second.socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (length < 0 && errno != EINTR)
            return close(client);
        sent += length < 0 ? 0 : static_cast<std::size_t>(length);
    }
}

} // namespace luod::tests
