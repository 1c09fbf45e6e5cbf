// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <expected>
#include <string>

namespace luod::qemu {

// What went wrong, in words for the operator.
template <typename T = void> using Result = std::expected<T, std::string>;

inline std::unexpected<std::string> failure(std::string words) { return std::unexpected(std::move(words)); }

// "words: strerror", of errno.
std::unexpected<std::string> systemFailure(std::string words);

} // namespace luod::qemu
