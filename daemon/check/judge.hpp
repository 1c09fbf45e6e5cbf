// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "check/circumstances.hpp"

#include <vector>

namespace luod::check {

// Pure. Every finding there is, each once, in the order in which a person would want to read them.
std::vector<image::Finding> judge(const Known& known, const Looked& looked);

// What stops an update: errors and unknowns that were not forced, in words; "" where nothing does.
std::string whatStops(const std::vector<image::Finding>& findings, const std::vector<std::string>& forced);

} // namespace luod::check
