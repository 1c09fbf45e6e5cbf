// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace luod::tests {

// The programs of this build, by name: luod, luoctl, luo-sim, service-manager. Throws where it was not built.
// LUOD_UNDER_TEST: another luod instead, such as one built with sanitizers (tests/sanitize).
std::string binary(const std::string& name);
bool hasBinary(const std::string& name);

// A file of the source tree.
std::string sourceFile(const std::string& path);

} // namespace luod::tests
