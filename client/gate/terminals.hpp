// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace luod::gate {

// A line to each terminal that takes it at once; none is waited for, and none becomes ours. Names as logind has them:
// "pts/0", under `devices`.
void tellTerminals(const std::string& devices, const std::vector<std::string>& names, const std::string& words);

} // namespace luod::gate
