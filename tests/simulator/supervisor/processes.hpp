// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <sys/types.h>

#include <vector>

namespace luosim {

/// Every process below an ancestor, those included that have ended and wait for their parent's notice.
std::vector<pid_t> descendants(pid_t ancestor);

/// Ends all processes below this one as a machine that loses its kernel would: nobody sees a neighbour die, for all are
/// stopped before the first is killed.
void endAllDescendants();

} // namespace luosim
