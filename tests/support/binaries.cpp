// SPDX-License-Identifier: LGPL-2.1-or-later
#include "binaries.hpp"

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace luod::tests {

static std::string find(const std::string& name) {
    if (const char* other = std::getenv("LUOD_UNDER_TEST"); other && name == "luod")
        return other;
    for (const char* room : {"daemon", "client/luoctl", "client/qemu", "tests/support/service-manager", "tests/support",
                             "tests/simulator", "tests/simulator/supervisor", "tests/simulator/tool"})
        if (const std::string path = std::string(LUOD_BUILD_ROOT) + "/" + room + "/" + name;
            access(path.c_str(), X_OK) == 0)
            return path;
    return "";
}

bool hasBinary(const std::string& name) {
    return !find(name).empty();
}

std::string binary(const std::string& name) {
    if (const std::string path = find(name); !path.empty())
        return path;
    throw std::runtime_error(name + " is not in " LUOD_BUILD_ROOT);
}

std::string sourceFile(const std::string& path) {
    return std::string(LUOD_SOURCE_ROOT "/") + path;
}

} // namespace luod::tests
