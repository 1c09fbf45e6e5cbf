// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

// How values are written in luod.conf. Nothing where a text is not one.
namespace luod::app {

std::optional<std::uint64_t> parseNumber(std::string_view text); // decimal
std::optional<std::uint64_t> parseSize(std::string_view text);   // bytes, or with K, M, G, T: powers of 1024
std::optional<bool> parseBoolean(std::string_view text);         // yes no true false on off 1 0 y n t f, in any case
// systemd.time(7): "5", "5s", "1min 30s", "250ms"; a bare number is seconds.
std::optional<std::chrono::microseconds> parseTimeSpan(std::string_view text);
bool validGroup(std::string_view text); // a name as groupadd(8) takes it, or a number

} // namespace luod::app
