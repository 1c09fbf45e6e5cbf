// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace luod::fuzz {

struct Method {
    std::string interface, name, signature; // of what goes in
};

// All methods of proto/*.xml, and those that every object on a bus has.
std::vector<Method> allMethods();

} // namespace luod::fuzz
