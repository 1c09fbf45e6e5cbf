// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "luod.hpp"

namespace luoctl {

// Waits until the bus has something for luod_process(), or other is readable, or usec have passed (UINT64_MAX: for
// ever). True: other is readable.
bool waitFor(Luod& luod, int other, uint64_t usec = UINT64_MAX);

uint64_t monotonicNow(); // microseconds

} // namespace luoctl
