// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"
#include "memory.hpp"

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

namespace luosim {

/// One call of a supervised thread that waits for its answer. It is answered at most once: by fail(), succeed() or
/// pass(). A caller killed in the meantime takes no answer, and nobody minds.
class Call {
public:
    Call(int listener, std::uint64_t id, pid_t thread, int number, const std::array<std::uint64_t, 6>& arguments)
        : listener_(listener), id_(id), thread_(thread), number_(number), arguments_(arguments) {}

    pid_t thread() const { return thread_; }
    int number() const { return number_; }
    std::uint64_t argument(unsigned index) const { return arguments_[index]; }
    int intArgument(unsigned index) const { return static_cast<int>(arguments_[index]); }
    Memory memory() const { return Memory(thread_); }

    /// False once the caller is gone: its number may then be somebody else's, so nothing read through it counts.
    bool alive() const;

    void fail(int error) { answer(0, error); }
    void succeed(std::int64_t value = 0) { answer(value, 0); }
    /// Lets the kernel do it.
    void pass();

    /// Gives the caller a descriptor; its number there, or an errno. It cannot be taken back.
    std::expected<int, int> addFd(int fd, bool closeOnExec) const;

private:
    void answer(std::int64_t value, int error);

    int listener_;
    std::uint64_t id_;
    pid_t thread_;
    int number_;
    std::array<std::uint64_t, 6> arguments_;
};

/// Asks the kernel (6.6 and newer) to switch to the supervisor and back on one processor, which makes a call cheaper.
void preferSyncWakeUp(int listener);

/// Takes the next waiting call, if there is one.
std::optional<Call> receiveCall(int listener);

} // namespace luosim
