// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <string>

namespace luod::tests {

// A memfd with this content, at position 0.
core::UniqueFd memfdWith(const std::string& content, unsigned flags = 0);
std::string contentOf(int fd);

} // namespace luod::tests
