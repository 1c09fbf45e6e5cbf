// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace luod::tests {

// A directory that goes with its owner. Its path is short enough for sockets, and other users may look in.
class TempDir {
public:
    TempDir() {
        std::string path = "/tmp/luod-test-XXXXXX";
        if (!mkdtemp(path.data()))
            throw std::runtime_error("cannot make " + path);
        path_ = path;
        std::filesystem::permissions(path_, std::filesystem::perms(0755));
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ / name; }
    std::string write(const std::string& name, const std::string& text) const { // the file's path
        std::ofstream(path_ / name) << text;
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

} // namespace luod::tests
