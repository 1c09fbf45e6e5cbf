// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Words of a kernel (or a module) about itself, found in its unpacked bytes.

#include "proto/image/bytes.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace luod::image {

// "kho-v4", "luo-v5", "memfd-v2" ...
using Versions = std::set<std::string>;

// The table of them that a kernel may carry for readers like this one (the section .liveupdate_versions).
std::optional<Versions> versionTable(Bytes kernel);

// All strings of the form NAME-vNUMBER. Most of a real kernel's have nothing to do with live updates: ask by name.
Versions versionStrings(Bytes kernel);

// Those of the set that are NAME-vNUMBER with that name.
Versions named(const Versions& versions, std::string_view name);

// "Linux version 7.3.4 (...) ... #1 ...", as in /proc/version: one line, without its end; "" where there is none.
std::string banner(Bytes kernel);
std::string releaseOf(std::string_view banner);

} // namespace luod::image
