// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The processor's own counter runs on through a kexec, when no clock of the kernel does: by it the next kernel's first
// instant is known to the millisecond, where the wall clock, which is then set from one that counts seconds, is up to one
// second late.

#include <cstdint>

namespace luod::platform {

std::uint64_t cyclesNow(); // 0: there is none

// What one kernel leaves to the next.
struct CycleAnchor {
    std::uint64_t cycles = 0;    // 0: nothing is known
    std::uint64_t wall = 0;      // microseconds, at the same moment
    std::uint64_t perSecond = 0; // as measured until then
};

// Measures from its construction on.
class CycleClock {
public:
    CycleClock();
    CycleAnchor anchor() const;

private:
    std::uint64_t cycles_, monotonic_;
};

// The wall clock's time at `cycles` as the anchor tells it; `wall` itself where the two disagree by more than a clock that
// counts seconds may (the counter was reset, or stood still).
std::uint64_t wallAt(const CycleAnchor& anchor, std::uint64_t cycles, std::uint64_t wall);

} // namespace luod::platform
