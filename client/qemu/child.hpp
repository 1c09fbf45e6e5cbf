// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "client/lib/fd.hpp"
#include "result.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace luod::qemu {

using client::Fd;

// A child process that does not outlive us, however we end.
class Child {
public:
    Child() = default;
    // Inherits these descriptors, and standard input, output and error. Runs in that directory.
    static Result<Child> start(const std::vector<std::string>& command, const std::vector<int>& inherited,
                               const std::string& directory);
    Child(Child&&) noexcept = default;
    Child& operator=(Child&& other) noexcept;
    ~Child();

    pid_t pid() const { return pid_; }
    int pidfd() const { return pidfd_.get(); } // readable when it has ended
    bool running() const { return pidfd_.get() >= 0 && !status_; }
    void signal(int number) const;
    // Its exit status, or 128 and the number of the signal. Waits.
    int wait();
    void kill();

private:
    Fd pidfd_;
    pid_t pid_ = 0;
    std::optional<int> status_;
};

// "exit status 1", "signal 9 (Killed)", of what wait() returned.
std::string endingOf(int status);

} // namespace luod::qemu
