// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/config_files.hpp"

#include <map>
#include <system_error>

namespace luod::proto {

namespace fs = std::filesystem;

namespace {

constexpr const char* places[] = {"etc/luod", "run/luod", "usr/lib/luod"}; // the first one counts

bool there(const fs::path& path) {
    std::error_code error;
    return fs::symlink_status(path, error).type() != fs::file_type::not_found && !error;
}

bool masked(const fs::path& path) {
    std::error_code error;
    return fs::status(path, error).type() == fs::file_type::character;
}

std::map<std::string, fs::path> dropIns(const fs::path& root) {
    std::map<std::string, fs::path> byName;
    for (const char* place : places) {
        std::error_code error;
        fs::directory_iterator entries(root / place / "luod.conf.d", error);
        for (; !error && entries != fs::directory_iterator(); entries.increment(error))
            if (std::string name = entries->path().filename(); name.ends_with(".conf") && !name.starts_with('.'))
                byName.try_emplace(name, entries->path());
    }
    return byName;
}

} // namespace

std::vector<fs::path> configFiles(const fs::path& root) {
    std::vector<fs::path> files;
    for (const char* place : places)
        if (auto path = root / place / "luod.conf"; files.empty() && there(path))
            files.push_back(path);
    for (auto& [name, path] : dropIns(root))
        files.push_back(path);
    std::erase_if(files, masked);
    return files;
}

} // namespace luod::proto
