// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmdline.hpp"

#include "failure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>

namespace luoctl {
namespace {

constexpr std::array<std::string_view, 3> passing{"BOOT_IMAGE=", "initrd=", "luod.update="};

// Up to the next blank that is not between quotes: the kernel parts words so.
size_t endOfWord(std::string_view text) {
    bool quoted = false;
    size_t at = 0;
    for (; at < text.size() && (quoted || text[at] > ' '); ++at)
        quoted ^= text[at] == '"';
    return at;
}

bool passes(std::string_view word) {
    return std::ranges::any_of(passing, [&](std::string_view name) { return word.starts_with(name); });
}

} // namespace

std::string reusable(std::string_view cmdline) {
    std::string out;
    bool forInit = false; // what follows "--" is not the kernel's, and stays as it is
    while (!cmdline.empty()) {
        size_t end = endOfWord(cmdline);
        std::string_view word = cmdline.substr(0, end);
        forInit |= word == "--";
        if (!word.empty() && (forInit || !passes(word)))
            out.append(out.empty() ? "" : " ").append(word);
        cmdline.remove_prefix(std::min(end + 1, cmdline.size()));
    }
    return out;
}

std::string runningCmdline() {
    std::ifstream file("/proc/cmdline");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file)
        throw local("cannot read the running kernel's command line", EIO);
    return reusable(text);
}

} // namespace luoctl
