// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace luod::tests {

// The programs of this build, by name: luod, luoctl, luo-sim, service-manager. Throws where it was not built.
std::string binary(const std::string& name);
bool hasBinary(const std::string& name);

// A file of the source tree.
std::string sourceFile(const std::string& path);

} // namespace luod::tests
