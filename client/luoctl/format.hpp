// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Single values as words for people.

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace luoctl {

// "0B", "512B", "4K", "1.5G": at most one digit behind the point, and none where it says nothing.
std::string bytes(uint64_t size);

// Microseconds since 1970 in the local time zone, as systemd's tools write it; "n/a" for 0.
std::string timestamp(uint64_t usec);

// "1.234s": microseconds as seconds, always to the thousandth, so that they stand well below each other.
std::string seconds(uint64_t usec);

// Text that may have been chosen by somebody else, fit for a terminal: control characters become '?', line ends ' '.
std::string printable(std::string_view text);

// Columns it takes on a terminal.
size_t width(std::string_view text);

// The user's name, or the number where there is none.
std::string userName(uid_t uid);

} // namespace luoctl
