// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace luod::app {

struct Assignment {
    std::string section, key, value; // value without white space around it; "" resets
    std::string file;
    unsigned line = 0; // where it begins
};

struct IniText {
    std::vector<Assignment> assignments; // in the order written
    std::vector<std::string> warnings;   // "FILE:LINE: ..."
};

// systemd's syntax: [Section], Key=value, comments from # or ; at the beginning of a line, a backslash at its end joins
// the next one (comments between are skipped). Sections that begin with X- are for others and left out. What is none of
// this is warned about and skipped. Appends to `to`.
void parseIni(std::string_view text, const std::string& file, IniText& to);

} // namespace luod::app
