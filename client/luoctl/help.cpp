// SPDX-License-Identifier: LGPL-2.1-or-later
#include "help.hpp"

#include "verbs.hpp"

#include <fmt/core.h>

namespace luoctl {
namespace {

std::string optionLine(const OptionRow& row) {
    std::string letter = row.letter ? fmt::format("-{}", row.letter) : "  ";
    std::string name = row.longName.empty()   ? fmt::format(" {}", row.argument)
                       : row.argument.empty() ? fmt::format(" --{}", row.longName)
                                              : fmt::format(" --{}={}", row.longName, row.argument);
    std::string line = fmt::format("  {}{:<28} {}", letter, name, row.summary);
    if (!row.verbs.empty() && row.verbs.size() < 20) // few verbs: name them
        line += fmt::format(" ({})", row.verbs.substr(1, row.verbs.size() - 2));
    return line + "\n";
}

} // namespace

std::string helpText() {
    std::string text = "luoctl [OPTION...] VERB [ARGUMENT...]\n\n"
                       "Ask luod, which keeps open files over a live update of the kernel.\n\nVerbs:\n";
    for (const VerbRow& row : verbs()) {
        std::string call = fmt::format("{} {}", row.name, row.synopsis);
        text += call.size() <= 30 ? fmt::format("  {:<30} {}\n", call, row.summary)
                                  : fmt::format("  {}\n  {:<30} {}\n", call, "", row.summary);
    }
    text += "\nOptions:\n";
    for (const OptionRow& row : options())
        text += optionLine(row);
    return text + "\nA SESSION is a name or an object path; a TOKEN is a number. See luoctl(1).\n";
}

} // namespace luoctl
