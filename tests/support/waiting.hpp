// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <string>

namespace luod::tests {

// Tests wait for events, and give up at a deadline that a passing test never comes near.
class Deadline {
public:
    explicit Deadline(std::chrono::milliseconds from_now = std::chrono::seconds(60))
        : at_(std::chrono::steady_clock::now() + from_now) {}
    int milliseconds() const; // left; as poll() takes it

private:
    std::chrono::steady_clock::time_point at_;
};

bool waitReadable(int fd, const Deadline& deadline = Deadline()); // data, or the end of it; false: not in time
bool waitEither(int fd, int other, const Deadline& deadline = Deadline());
bool waitHangup(int fd, const Deadline& deadline = Deadline()); // all other ends are closed

// From a pipe or a stream. Both throw when the deadline passes; a line comes without its newline.
std::string readLine(int fd, const Deadline& deadline = Deadline());
std::string readAll(int fd, const Deadline& deadline = Deadline());

} // namespace luod::tests
