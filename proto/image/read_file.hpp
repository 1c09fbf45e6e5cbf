// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "proto/image/bytes.hpp"

#include <expected>
#include <filesystem>
#include <string>

namespace luod::image {

// A kernel or an initrd is smaller than that; what is larger is not read.
inline constexpr std::size_t largestFile = std::size_t(1) << 30;

// Read, not mapped: a file that shrinks under a mapping ends the process. Regular files only, from their beginning; the
// descriptor's position stays. The error is in words, without the file's name.
std::expected<Buffer, std::string> readFile(int fd, std::size_t largest = largestFile);
std::expected<Buffer, std::string> readFile(const std::filesystem::path& path, std::size_t largest = largestFile);

// Files of /proc and /sys, which do not tell their size: at most `largest` bytes.
std::expected<std::string, std::string> readText(const std::filesystem::path& path, std::size_t largest = 1 << 20);

} // namespace luod::image
