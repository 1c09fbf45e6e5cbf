// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A kernel's command line, read as the kernel reads it.

#include "proto/image/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luod::image {

// The parameters: words between blanks, quotes kept together and taken off, up to "--".
std::vector<std::string> parameters(std::string_view cmdline);

// What the last NAME=VALUE that the kernel understands as yes or no comes to; nothing where there is none.
std::optional<bool> flag(std::string_view cmdline, std::string_view name);

// With what the configuration puts before it, or in its place.
std::string effective(std::string_view cmdline, const Config& config);

} // namespace luod::image
