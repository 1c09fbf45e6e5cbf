// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The tree's own text, for tests that hold pages and catalogs against it.

#include "binaries.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace cli {

inline std::string sourceText(const std::string& path) {
    std::ifstream file(luod::tests::sourceFile(path));
    return {std::istreambuf_iterator<char>(file), {}};
}

// Every .cpp and .hpp in these directories, by its path in the tree.
inline std::vector<std::string> sourcesIn(const std::vector<std::string>& directories) {
    std::vector<std::string> paths;
    std::filesystem::path root = luod::tests::sourceFile("");
    for (const std::string& directory : directories)
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / directory))
            if (auto kind = entry.path().extension(); kind == ".cpp" || kind == ".hpp")
                paths.push_back(entry.path().lexically_relative(root));
    return paths;
}

} // namespace cli
