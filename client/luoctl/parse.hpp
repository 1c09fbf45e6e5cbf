// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Words of the command line. All throw usage().

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <sys/types.h>

namespace luoctl {

// Decimal, or hexadecimal after "0x". Nothing: it is a name then.
std::optional<uint64_t> parseToken(std::string_view word);
uid_t parseUser(std::string_view word);
int parseFd(std::string_view word);
// A span of time, as systemd.time(7) writes it: "30", "30s", "1min 30s", "500ms". Microseconds, not 0.
uint64_t parseSpan(std::string_view text);

// A token that none of these (in rising order) is: one more than the greatest, or else the first gap. Never 0, which
// luod's own session uses and people take for "none".
uint64_t freeToken(std::span<const uint64_t> taken);

} // namespace luoctl
