// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The check of a kernel's image alone: needs no luod, and no machine that could do a live update.

#include "options.hpp"

namespace luoctl {

// Prints the findings on --kernel; returns the exit status for them.
int checkOffline(const Options& options);

} // namespace luoctl
