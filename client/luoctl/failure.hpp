// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// How luoctl fails: whatever goes wrong is thrown as one line that says what happened and what to do next, with the
// exit code that stands for it, and told once, in main.

#include <string>
#include <string_view>

namespace luoctl {

struct Failure {
    int exitCode;
    std::string line;
};

// The command line cannot be understood.
Failure usage(std::string what);
// Something on this side failed: a file, a pipe, memory.
Failure local(std::string_view doing, int error);
// What luod, the bus or the library said: D-Bus error name (or ""), words, negative errno.
Failure fromLuod(std::string_view doing, std::string_view name, std::string_view message, int error);
// The bus cannot be reached at all.
Failure noBus(std::string_view where, int error);

// One of luod's errors, found out here already, by its short name.
Failure asLuod(std::string_view doing, std::string_view shortName, std::string_view message);

} // namespace luoctl
