// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guest_line.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace luod::tests {

GuestLine::GuestLine() { listen(); }

void GuestLine::listen() {
    const std::string path = dir_ / "serial";
    unlink(path.c_str());
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 || ::listen(listener_.get(), 4) < 0)
        throw std::runtime_error(path + ": " + std::strerror(errno));
}

std::vector<std::string> GuestLine::arguments() const {
    return {"-chardev", "socket,id=line,path=" + dir_ / "serial", "-serial", "chardev:line"};
}

void GuestLine::accept() {
    if (!waitReadable(listener_.get()))
        throw std::runtime_error("no QEMU comes");
    line_.reset(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

std::string GuestLine::read() {
    std::string line = readLine(line_.get());
    if (line.empty())
        throw std::runtime_error("the guest is gone");
    return line;
}

void GuestLine::waitBooted() {
    while (read() != "guest runs 0") {
    }
}

std::string GuestLine::ask(char question) {
    static const std::map<char, std::string> words{{'c', "counter "}, {'t', "ticks "}, {'g', "gap "},
                                                   {'d', "disk "},    {'s', "sum "},   {'m', "memory "},
                                                   {'b', "boot "},    {'w', "wrong "}};
    const std::string word = words.at(question);
    if (send(line_.get(), &question, 1, MSG_NOSIGNAL) != 1)
        throw std::runtime_error("the guest does not listen");
    for (;;)
        if (const std::string line = read(); line.starts_with(word))
            return line.substr(word.size());
}

} // namespace luod::tests
