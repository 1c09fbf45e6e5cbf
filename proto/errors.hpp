// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Every way a request can fail: its D-Bus error name, luoctl's exit code for it, and what it means. One row an error;
// org.luod1(5) and luoctl(1) are held against this table by a test.

#include <array>
#include <string_view>

namespace luod::proto {

struct ErrorRow {
    std::string_view name; // "org.luod1.Error." + this
    int exitCode;          // luoctl
    std::string_view meaning;
};

inline constexpr std::string_view errorPrefix = "org.luod1.Error.";

// luoctl's exit codes that no D-Bus error stands for.
inline constexpr int exitSuccess = 0, exitFailure = 1, exitUsage = 2, exitUnreachable = 6;
inline constexpr int exitUnknown = 13; // of a check: no error, but something could not be told

inline constexpr std::array errors{
    ErrorRow{"InvalidArgument", 2, "a name, token, file or option is not acceptable"},
    ErrorRow{"NoSuchSession", 3, "the caller has no session of that name"},
    ErrorRow{"NoSuchFile", 3, "the session holds no file under that token or name"},
    ErrorRow{"AccessDenied", 4, "the caller may not do that"},
    ErrorRow{"Unavailable", 5, "live update is not available on this machine now"},
    ErrorRow{"Busy", 5, "the device or the session is in use just now; try again"},
    ErrorRow{"NameTaken", 7, "the owner has a session, or the session a file, of that name"},
    ErrorRow{"TokenTaken", 7, "the session holds a file under that token"},
    ErrorRow{"AlreadyPreserved", 7, "the file is held by a session already"},
    ErrorRow{"LimitReached", 8, "a limit of luod's configuration or of the kernel is reached"},
    ErrorRow{"KindNotSupported", 9, "this kernel has no handler for this kind of file"},
    ErrorRow{"KernelRefused", 9, "the kernel said no, for the reason in the message"},
    ErrorRow{"WrongDirection", 10, "that can be done to outgoing sessions only, or to incoming ones only"},
    ErrorRow{"CannotTakeOut", 10, "luod does not hold what it needs to make the session anew"},
    ErrorRow{"Lost", 10, "the kernel did not give the session back"},
    ErrorRow{"LedgerTrouble", 11, "luod cannot write down what it would have to remember"},
    ErrorRow{"CheckFailed", 12, "a finding of the check stops the live update"},
    ErrorRow{"Inhibited", 12, "somebody holds a block lock against live updates"},
    ErrorRow{"UpdateUnderWay", 5, "not while a live update is under way"},
    ErrorRow{"NoSuchUpdate", 3, "no report of such an update is kept"},
    ErrorRow{"FileInvalid", 10, "the device behind the file was unplugged: take the file out, or give the session up"},
};

} // namespace luod::proto
