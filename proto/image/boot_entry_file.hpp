// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// One entry from its file. partition: the directory where its file system is mounted, which paths in it begin from.

#include "proto/image/boot_entries.hpp"

#include <functional>

namespace luod::image {

// The lines of such a file, and of loader.conf: a key, blanks, a value; without comments and empty lines.
using UseSetting = std::function<void(std::string_view key, std::string_view value)>;
void eachSetting(std::string_view text, const UseSetting& use);

// "name+3-1.conf" -> id "name.conf", three tries left, one done.
void setId(BootEntry& entry, const std::string& fileName);

// Nothing where it does not lead to a Linux kernel.
std::optional<BootEntry> readType1(const std::filesystem::path& file, const std::filesystem::path& partition);
std::optional<BootEntry> readUnified(const std::filesystem::path& file);

} // namespace luod::image
