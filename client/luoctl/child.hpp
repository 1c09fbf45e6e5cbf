// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace luoctl {

// Runs the command as a shell would: it gets what the terminal sends, and what luoctl is told to end by. Its exit
// status, or 128 and the number of the signal that ended it.
int runChild(const std::vector<std::string>& command);

} // namespace luoctl
