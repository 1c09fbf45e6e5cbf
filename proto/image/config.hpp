// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A kernel's configuration: "CONFIG_X" -> "y", "m", a number, a string without its quotes; what is said not to be set
// is not in it.

#include "proto/image/bytes.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace luod::image {

using Config = std::map<std::string, std::string, std::less<>>;

Config parseConfig(std::string_view text);
// The one that a kernel with CONFIG_IKCONFIG=y carries.
std::optional<Config> embeddedConfig(Bytes kernel);

bool isOn(const Config& config, std::string_view symbol);                // y or m
std::string_view valueOf(const Config& config, std::string_view symbol); // "" where it is not set

} // namespace luod::image
