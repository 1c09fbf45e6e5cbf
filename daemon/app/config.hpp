// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "app/ini.hpp"
#include "core/conductor.hpp"
#include "core/limits.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luod::app {

// So many bytes, or percent of the machine's memory.
struct Share {
    std::uint64_t amount = 0;
    bool isPercent = false;
    std::uint64_t of(std::uint64_t whole) const { return isPercent ? whole / 100 * amount : amount; }
    bool operator==(const Share&) const = default;
};

// luod.conf(5). The values here are what holds where no file says otherwise.
struct Config {
    core::Limits limits;             // [Sessions]; bytes and bytesPerUser come of these:
    Share maxBytes{90, true}, maxBytesPerUser{75, true};
    std::string allowGroup = "luod"; // [Sessions] AllowGroup=: a name or a gid
    bool polkit = true;              // [Sessions] Polkit=
    bool compareLabels = true;       // [Sessions] CompareLabels=
    bool lend = true;                // [Sessions] Lend=
    core::UpdatePolicy update;       // [Update]
    std::vector<std::string> modules; // [Update] Modules=
    unsigned workers = 4;            // [Daemon]
    std::uint64_t ledgerSize = 1 << 20;
    std::size_t fdStoreMax = 8192;
    std::chrono::microseconds deviceTimeout = std::chrono::seconds(5);

    bool operator==(const Config&) const = default;
};

// One row a key: how it is written, what it means when left out, and what it is for. Parsing goes by this table, and the
// man page is held against it by a test.
struct ConfigKey {
    std::string_view section, name;
    std::string_view type;         // after "is not a "
    std::string_view defaultValue; // as written in a file
    std::string_view help;
    bool (*set)(Config& config, std::string_view value); // false: not acceptable, and nothing has changed
};
std::span<const ConfigKey> configKeys();

struct LoadedConfig {
    Config config;
    std::vector<std::string> warnings; // "/etc/luod/luod.conf:7: ..." for the caller to log
};

// Reads luod.conf and its drop-ins (config_files.hpp) as systemd reads its own. Never fails: what is missing has its
// default; what is wrong is warned about and ignored. root is put before every path.
LoadedConfig loadConfig(const std::filesystem::path& root = "/");
LoadedConfig configOf(IniText text); // what has been read from them

} // namespace luod::app
