// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>
#include <sys/types.h>

namespace luod::core {

inline constexpr std::size_t maxNameBytes = 64;       // of sessions and files
inline constexpr std::size_t maxKernelNameBytes = 38; // longer ones cannot be read back by readlink on some kernels

// `what` is the word for the message: "session name", "file name".
Result<> checkName(std::string_view name, std::string_view what);

// Words for people to read: 1 to maxTextBytes bytes of UTF-8 without control characters.
inline constexpr std::size_t maxTextBytes = 256;
Result<> checkText(std::string_view text, std::string_view what);

// LUO's name for a user's session. It can be worked out again from uid and name alone, so that a session can be found even
// if all of luod's memory is lost: "luod.UID.NAME" where that fits and is plain, else "luod.UID.START~HASH" (64-bit FNV-1a
// of the name in hexadecimal).
std::string kernelName(uid_t owner, std::string_view name);

// The sessions that hold the ledger itself. Two, because a new ledger is preserved before the old one is let go.
inline constexpr std::string_view markerNames[] = {"luod.marker.a", "luod.marker.b"};

} // namespace luod::core
