// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace luod::core {

// What an owner may attach to a file. The order of the alternatives is part of the ledger's format: only append.
using Value = std::variant<bool, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                           std::uint64_t, double, std::string, std::vector<std::uint8_t>, std::vector<std::string>>;
using Metadata = std::map<std::string, Value>;

// When its owner did what with it, where that is noted under "times": for the report of a live update.
const std::vector<std::string>* timesIn(const Metadata& metadata);

// Bytes that count against the limit: keys and contents.
std::size_t weight(const Metadata& metadata);

} // namespace luod::core
