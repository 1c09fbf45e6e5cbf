// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <string>

namespace luod::platform {

// Small files in luod's directory on disk. Each call is whole or nothing, also over a loss of power: written aside,
// synced, renamed, directory synced. All may wait for the disk: for worker threads.
class StateDirectory {
public:
    explicit StateDirectory(std::string path) : path_(std::move(path)) {}

    core::Errno<> write(const std::string& name, const std::string& content) const;
    core::Errno<std::string> read(const std::string& name) const; // ENOENT where there is none; 64 MiB at most, else EFBIG
    core::Errno<> remove(const std::string& name) const;          // none there: no error
    const std::string& path() const { return path_; }

private:
    core::Errno<core::UniqueFd> open() const;

    std::string path_;
};

} // namespace luod::platform
