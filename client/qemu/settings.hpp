// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "machine.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace luod::qemu {

// What the operator says of one guest, in /etc/luod/qemu/NAME.conf and on the command line, which counts more.
struct Settings {
    std::string name;
    Words command;
    std::uint64_t powerdown = 0; // microseconds that the guest has to shut down when it is stopped; 0: it is not asked
    std::uint64_t deadline = 0;  // likewise to get ready for a live update; 0: as luod.conf says
    std::vector<std::pair<std::string, std::string>> carry; // names and paths
    bool asGiven = false; // after a live update: the command as it is now, not as it was
};

// One row an option. In a file it is written without the dashes and with a capital, under [Guest].
struct Option {
    std::string_view name, value; // as help calls it; "": it takes none
    std::string_view key;         // in a file; "": not there
    std::string_view help;
    Result<> (*set)(Settings& settings, const std::string& value);
};
std::span<const Option> options();

struct CommandLine {
    Settings settings;
    bool help = false, version = false;
};
Result<CommandLine> readCommandLine(const Words& arguments);
Result<> readFile(Settings& settings, const std::string& path);

std::string helpText();

} // namespace luod::qemu
