// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The names that both ends of the bus use, and the words that stand on the bus, in JSON and in luoctl alike.

namespace luod::proto {

inline constexpr const char* busName = "org.luod1";
inline constexpr const char* managerPath = "/org/luod1";
inline constexpr const char* sessionPathPrefix = "/org/luod1/session/";
inline constexpr const char* managerInterface = "org.luod1.Manager";
inline constexpr const char* sessionInterface = "org.luod1.Session";

// A file that is there from the moment when luod-gate lets a shutdown into the next kernel go: whoever holds a session must
// go on holding it, since the service manager is about to end.
inline constexpr const char* departingMark = "/run/luod/departing";

// dbus-daemon's default max_message_unix_fds. One more in a reply and the bus disconnects luod.
inline constexpr unsigned maxFdsPerMessage = 16;

} // namespace luod::proto
