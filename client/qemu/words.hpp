// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace luod::qemu {

std::string_view trimmed(std::string_view text); // without spaces at its ends
// As a shell splits a line: spaces divide, quotes of either kind and a backslash keep together.
Result<std::vector<std::string>> wordsOf(std::string_view line);
// "90", "90s", "500ms", "2min", "1min 30s": microseconds.
std::optional<std::uint64_t> timeIn(std::string_view text);

} // namespace luod::qemu
