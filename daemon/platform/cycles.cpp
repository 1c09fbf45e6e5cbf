// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/cycles.hpp"

#include "platform/machine.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace luod::platform {

std::uint64_t cyclesNow() {
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    std::uint64_t count;
    asm volatile("isb; mrs %0, cntvct_el0" : "=r"(count));
    return count;
#else
    return 0;
#endif
}

CycleClock::CycleClock() : cycles_(cyclesNow()), monotonic_(monotonicNow()) {}

CycleAnchor CycleClock::anchor() const {
    constexpr std::uint64_t enough = 100'000; // microseconds; less would not tell the rate well
    auto cycles = cyclesNow(), passed = monotonicNow() - monotonic_;
    if (cycles <= cycles_ || passed < enough)
        return {};
    return {cycles, wallNow(), std::uint64_t(double(cycles - cycles_) * 1e6 / double(passed))};
}

std::uint64_t wallAt(const CycleAnchor& anchor, std::uint64_t cycles, std::uint64_t wall) {
    constexpr std::uint64_t mayDiffer = 2'000'000;
    if (anchor.cycles == 0 || anchor.perSecond == 0 || cycles <= anchor.cycles)
        return wall;
    auto told = anchor.wall + std::uint64_t(double(cycles - anchor.cycles) * 1e6 / double(anchor.perSecond));
    auto difference = told > wall ? told - wall : wall - told;
    return difference <= mayDiffer ? told : wall;
}

} // namespace luod::platform
