// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <ctime>

namespace luod::qemu {

inline std::uint64_t microseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::uint64_t(now.tv_sec) * 1'000'000 + std::uint64_t(now.tv_nsec) / 1'000;
}

// A moment as luod's reports have it: the wall clock alone goes on over a kexec, the other one alone never jumps.
struct Instant {
    std::uint64_t monotonic = 0, wall = 0;
};
inline Instant now() { return {microseconds(CLOCK_MONOTONIC), microseconds(CLOCK_REALTIME)}; }

// A time to give up at.
class Deadline {
public:
    static Deadline in(std::uint64_t wait) { return Deadline(microseconds(CLOCK_MONOTONIC) + wait); }
    std::uint64_t left() const { // microseconds
        const std::uint64_t present = microseconds(CLOCK_MONOTONIC);
        return at_ > present ? at_ - present : 0;
    }
    int milliseconds() const { return int((left() + 999) / 1'000); } // left, as poll(2) takes it

private:
    explicit Deadline(std::uint64_t at) : at_(at) {}
    std::uint64_t at_;
};

} // namespace luod::qemu
