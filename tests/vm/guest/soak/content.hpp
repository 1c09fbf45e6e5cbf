// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "plan.hpp"

#include <unistd.h>

namespace soak {

class Fd {
public:
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&&) = delete;
    ~Fd() {
        if (fd_ >= 0)
            close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

// A memfd with what the file is to hold: different for every 8 bytes and every file, and quick without KVM.
Fd make(const File& file);
// The end where it holds anything else.
void compare(int fd, const File& file, const std::string& what);

} // namespace soak
