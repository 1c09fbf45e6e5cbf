// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Where text goes: standard output, or a pager if it is long and a person is looking.

#include "options.hpp"

#include <string>
#include <string_view>

namespace luoctl {

// Colours on that descriptor: only on a terminal that can, and if nobody objects by NO_COLOR.
bool coloursOn(int fd);

// Throws if not all could be written.
void show(std::string_view text, const Options& options);

// Writes all of it, whatever interrupts. 0 or a negative errno.
int writeAll(int fd, std::string_view text);

} // namespace luoctl
