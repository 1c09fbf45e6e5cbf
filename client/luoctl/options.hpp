// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The one table of options. getopt_long, --help, the completions and the man page's test are all fed from it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luoctl {

enum class Json { Off, Short, Pretty };

struct Options {
    bool help = false, version = false;
    std::string host;
    Json json = Json::Off;
    bool legend = true, pager = true, quiet = false;
    std::vector<std::string> properties;
    bool value = false;
    uint32_t owner = UINT32_MAX; // LUOD_ANY_OWNER
    std::string direction;       // "", "incoming", "outgoing"
    std::optional<int> fd;
    bool bindToUnit = false;
    bool byLuod = false;
    std::vector<std::pair<std::string, std::optional<std::string>>> metadata; // without a value: to be removed
    std::optional<std::string> name;
    std::string output;
    bool finish = false;
    // Of the live update.
    std::string kernel, against, mode, late, reason, who, why, entry;
    std::vector<std::string> initrds;
    std::optional<std::string> cmdline, append;
    bool reuseCmdline = false, keepCmdline = false;
    uint64_t timeout = 0, deadline = 0; // microseconds; 0: not said
    std::vector<std::string> force;
    bool offline = false, dryRun = false, block = true, svg = false, listing = false, orNone = false;

    std::vector<std::string> arguments;        // the verb, if any, and what follows it
    std::vector<std::string> command;          // what follows "--"
    bool hasCommand = false;                   // there was a "--"
    std::vector<const struct OptionRow*> seen; // the options given
};

// What a shell may offer for an option's argument.
enum class Completes { Nothing, File, User, Host, Words };

struct OptionRow {
    char letter;               // or 0
    std::string_view longName; // or ""
    std::string_view argument; // its name in --help; "" for none
    std::string_view summary;
    std::string_view verbs; // those that take it, between blanks; "" for all
    void (*set)(Options&, std::string_view argument);
    Completes completes = Completes::Nothing;
    std::string_view words = ""; // for Completes::Words
};

std::span<const OptionRow> options();
std::string label(const OptionRow& row); // "--host", or "-P" for one without a long name
bool takes(const OptionRow& row, std::string_view verb);

// argv[0] is skipped. Throws usage().
Options parse(int argc, char* const* argv);

} // namespace luoctl
