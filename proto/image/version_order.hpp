// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <compare>
#include <string_view>

namespace luod::image {

// The order of versions that boot loaders use (the UAPI group's version format): numbers as numbers, "~" before the end
// of the string, "^" and "-" after it, letters by their codes.
std::strong_ordering compareVersions(std::string_view a, std::string_view b);

} // namespace luod::image
