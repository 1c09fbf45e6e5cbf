// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "machine.hpp"

#include <cstdint>
#include <string>

namespace luosim {

/// What the control socket is asked, done on the machine: "ok ..." or "error SENTENCE".
std::string runCommand(Machine& machine, std::uint64_t calls, const std::string& line);

} // namespace luosim
