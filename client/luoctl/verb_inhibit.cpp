// SPDX-License-Identifier: LGPL-2.1-or-later
#include "child.hpp"
#include "failure.hpp"
#include "verbs.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace luoctl {
namespace {

constexpr size_t longest = 256; // what luod takes

std::string modeOf(const Options& options) {
    std::string mode = options.mode.empty() ? "block" : options.mode;
    if (mode != "block" && mode != "delay")
        throw usage(fmt::format("--mode={} is not one of block, delay", mode));
    if (mode == "block" && options.deadline)
        throw usage("--deadline goes with --mode=delay");
    return mode;
}

// The command, for people; not in the middle of a character.
std::string nameOf(const std::vector<std::string>& command) {
    std::string name = fmt::format("{}", fmt::join(command, " "));
    size_t end = std::min(name.size(), longest);
    while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80)
        --end;
    name.resize(end);
    std::ranges::replace_if(
        name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return name;
}

} // namespace

void runInhibit(Context& context) {
    const Options& options = context.options;
    std::string mode = modeOf(options);
    if (options.command.empty())
        throw usage("say during which command: luoctl inhibit -- COMMAND");
    std::string who = options.who.empty() ? nameOf(options.command) : options.who;
    std::string why = options.why.empty() ? "a command is running under luoctl inhibit" : options.why;
    // Close-on-exec: the lock is ours alone, whatever the command leaves running behind it.
    Fd lock = context.luod.inhibit(who, why, mode, options.deadline);
    context.exitCode = runChild(options.command);
}

} // namespace luoctl
