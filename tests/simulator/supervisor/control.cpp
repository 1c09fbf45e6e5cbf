// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

namespace luosim {
namespace {

struct Address {
    sockaddr_un name = {};
    socklen_t length = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

std::optional<Address> makeAddress(const std::string& text) {
    Address address;
    address.name.sun_family = AF_UNIX;
    if (text.empty() || text.size() >= sizeof address.name.sun_path)
        return std::nullopt;
    std::memcpy(address.name.sun_path, text.data(), text.size());
    if (text[0] == '@')
        address.name.sun_path[0] = '\0';
    address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
    return address;
}

/// Abstract names have no permissions: only our own user and root may command.
bool mayCommand(int connection) {
    ucred who = {};
    socklen_t length = sizeof who;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 &&
           (who.uid == geteuid() || who.uid == 0);
}

bool sendAll(int socket, const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t length = send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (length <= 0)
            return false;
        sent += static_cast<std::size_t>(length);
    }
    return true;
}

} // namespace

Control::~Control() {
    if (!path_.empty())
        unlink(path_.c_str());
}

int Control::listen(const std::string& text) {
    const auto address = makeAddress(text);
    if (!address)
        return ENAMETOOLONG;
    epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
    listener_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (bind(listener_.get(), address->get(), address->length) != 0 || ::listen(listener_.get(), 16) != 0)
        return errno;
    if (text[0] != '@')
        path_ = text;
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = listener_.get();
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event) == 0 ? 0 : errno;
}

void Control::run() {
    std::array<epoll_event, 16> events;
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), 0);
    for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_.get())
            accept();
        else
            serve(fd);
    }
}

void Control::accept() {
    Fd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection || !mayCommand(connection.get()))
        return;
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = connection.get();
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.get(), &event);
    const int number = connection.get();
    connections_.insert_or_assign(number, std::pair(std::move(connection), std::string()));
}

void Control::serve(int fd) {
    const auto found = connections_.find(fd);
    if (found == connections_.end())
        return;
    auto& line = found->second.second;
    char buffer[1024];
    const ssize_t length = recv(fd, buffer, sizeof buffer, 0);
    if (length > 0)
        line.append(buffer, static_cast<std::size_t>(length));
    const auto end = line.find('\n');
    const bool whole = end != std::string::npos;
    if (!whole && length > 0 && line.size() < 65536)
        return;
    if (whole) {
        // A dump may be longer than the socket's buffer; its reader only reads, so waiting for it is safe.
        fcntl(fd, F_SETFL, 0);
        sendAll(fd, answer_(line.substr(0, end)));
    }
    connections_.erase(fd);
}

std::string freshControlAddress() {
    unsigned salt = 0;
    if (getrandom(&salt, sizeof salt, 0) < 0)
        salt = static_cast<unsigned>(getpid());
    char text[64];
    std::snprintf(text, sizeof text, "@luo-sim-%d-%08x", getpid(), salt);
    return text;
}

int askControl(const std::string& text, const std::string& line) {
    const auto address = makeAddress(text);
    const Fd connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!address || connect(connection.get(), address->get(), address->length) != 0) {
        std::fprintf(stderr, "luo-sim: no simulator answers at %s: %s\n", text.c_str(), std::strerror(errno));
        return 1;
    }
    std::string answer;
    char buffer[4096];
    if (sendAll(connection.get(), line + "\n")) {
        for (ssize_t length; (length = recv(connection.get(), buffer, sizeof buffer, 0)) > 0;)
            answer.append(buffer, static_cast<std::size_t>(length));
    }
    // The first word is the verdict, the rest is for the reader.
    const bool good = answer.starts_with("ok");
    const auto rest = answer.find_first_not_of(" \n", answer.find_first_of(" \n"));
    if (rest != std::string::npos)
        std::fputs(((good ? "" : "luo-sim: ") + answer.substr(rest)).c_str(), good ? stdout : stderr);
    return good ? 0 : 1;
}

} // namespace luosim
