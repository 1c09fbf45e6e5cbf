// SPDX-License-Identifier: LGPL-2.1-or-later
#include "waiting.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <span>
#include <stdexcept>
#include <unistd.h>

namespace luod::tests {

int Deadline::milliseconds() const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(at_ - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::max<decltype(left)>(left, 0));
}

static bool waitFor(std::span<pollfd> items, const Deadline& deadline) {
    int ready;
    while ((ready = poll(items.data(), items.size(), deadline.milliseconds())) < 0 && errno == EINTR)
        continue;
    return ready > 0;
}

bool waitReadable(int fd, const Deadline& deadline) {
    std::array<pollfd, 1> items{{{fd, POLLIN, 0}}};
    return waitFor(items, deadline);
}

bool waitEither(int fd, int other, const Deadline& deadline) {
    std::array<pollfd, 2> items{{{fd, POLLIN, 0}, {other, POLLIN, 0}}};
    return waitFor(items, deadline);
}

bool waitHangup(int fd, const Deadline& deadline) {
    std::array<pollfd, 1> items{{{fd, 0, 0}}};
    return waitFor(items, deadline);
}

static ssize_t readSome(int fd, char* bytes, std::size_t size, const Deadline& deadline) {
    if (!waitReadable(fd, deadline))
        throw std::runtime_error("nothing to read came in time");
    ssize_t length;
    while ((length = read(fd, bytes, size)) < 0 && errno == EINTR)
        continue;
    return length;
}

std::string readLine(int fd, const Deadline& deadline) {
    std::string line;
    for (char c; readSome(fd, &c, 1, deadline) == 1 && c != '\n';) // byte by byte: what follows is the next reader's
        line += c;
    return line;
}

std::string readAll(int fd, const Deadline& deadline) {
    std::string all;
    char bytes[4096];
    for (ssize_t length; (length = readSome(fd, bytes, sizeof bytes, deadline)) > 0;)
        all.append(bytes, static_cast<std::size_t>(length));
    return all;
}

} // namespace luod::tests
