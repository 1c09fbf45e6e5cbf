// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"

#include "format.hpp"
#include "luod.h"
#include "proto/errors.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/core.h>

namespace luoctl {
namespace {

namespace proto = luod::proto;

struct Hint {
    std::string_view name, next;
};

constexpr std::array hints{
    Hint{"InvalidArgument", "luoctl(1) says what is accepted"},
    Hint{"NoSuchSession", "'luoctl list' shows the sessions there are"},
    Hint{"NoSuchFile", "'luoctl show SESSION' shows its files"},
    Hint{"AccessDenied", "try again as the session's owner or as root"},
    Hint{"Unavailable", "'luoctl status' says what is missing"},
    Hint{"Busy", "try again in a moment"},
    Hint{"NameTaken", "choose another name; 'luoctl list' and 'luoctl show SESSION' show those in use"},
    Hint{"TokenTaken", "choose another token, or give a name in its place and luoctl chooses"},
    Hint{"AlreadyPreserved", "take it out of the session that holds it, or discard that session"},
    Hint{"LimitReached", "finish or discard what is no longer needed, or raise the limit in luod.conf(5)"},
    Hint{"KindNotSupported", "leave this file out, or boot a kernel that can preserve its kind"},
    Hint{"KernelRefused", "'journalctl -k' may say more"},
    Hint{"WrongDirection", "'luoctl list' shows which way a session goes"},
    Hint{"CannotTakeOut", "discard the session and preserve the other files again"},
    Hint{"Lost", "'luoctl discard SESSION' removes the entry"},
    Hint{"LedgerTrouble", "'journalctl -u luod' says more"},
    Hint{"CheckFailed", "'luoctl check' says what to do about each finding"},
    Hint{"Inhibited", "'luoctl list-inhibitors' shows who and why"},
    Hint{"UpdateUnderWay", "'luoctl status' shows how far it is, 'luoctl abort' stops it"},
    Hint{"NoSuchUpdate", "'luoctl report --list' shows the updates there are"},
    Hint{"FileInvalid", "'luoctl take-out SESSION FILE' is rid of it, or 'luoctl discard SESSION'"},
};
static_assert(std::ranges::equal(hints, proto::errors, {}, &Hint::name, &proto::ErrorRow::name));

constexpr std::string_view unreachableHint = "'systemctl status luod' says whether it runs";

// Messages come from elsewhere: one line of them, without a full stop, for the hint follows.
std::string line(std::string_view doing, std::string_view message, std::string_view hint) {
    std::string words = printable(message);
    while (words.ends_with(' ') || (words.ends_with('.') && !words.ends_with("...")))
        words.pop_back();
    std::string text = doing.empty() ? words : fmt::format("{}: {}", doing, words);
    return hint.empty() ? text : fmt::format("{}; {}", text, hint);
}

bool unreachable(int error) {
    constexpr std::array errors{EHOSTUNREACH, ETIMEDOUT, ENOTCONN, ECONNRESET, ECONNREFUSED};
    return std::ranges::find(errors, -error) != errors.end();
}

} // namespace

Failure usage(std::string what) {
    return {proto::exitUsage, line("", what, "'luoctl --help' lists verbs and options")};
}

Failure local(std::string_view doing, int error) {
    return {proto::exitFailure, line(doing, strerrordesc_np(error), "")};
}

Failure asLuod(std::string_view doing, std::string_view shortName, std::string_view message) {
    auto row = std::ranges::find(proto::errors, shortName, &proto::ErrorRow::name);
    auto hint = std::ranges::find(hints, shortName, &Hint::name);
    if (row == proto::errors.end())
        return {proto::exitFailure, line(doing, message, "")};
    // luod's own messages mostly say what to do next, and know better.
    bool saysNext = message.find("; ") != std::string_view::npos;
    return {row->exitCode, line(doing, message.empty() ? row->meaning : message, saysNext ? "" : hint->next)};
}

Failure fromLuod(std::string_view doing, std::string_view name, std::string_view message, int error) {
    if (name.starts_with(proto::errorPrefix))
        return asLuod(doing, name.substr(proto::errorPrefix.size()), message);
    if (name == "org.freedesktop.DBus.Error.UnknownObject")
        return asLuod(doing, "NoSuchSession", "");
    if (name == LUOD_ERROR_NOT_NOTED)
        return {asLuod("", "LedgerTrouble", "").exitCode,
                line(doing, message, "discard the session and preserve again")};
    if (unreachable(error))
        return {proto::exitUnreachable,
                line(doing, fmt::format("luod cannot be reached: {}", message), unreachableHint)};
    if (error == -EACCES)
        return asLuod(doing, "AccessDenied", message);
    return {proto::exitFailure, line(doing, message.empty() ? strerrordesc_np(-error) : message, "")};
}

Failure noBus(std::string_view where, int error) {
    return {proto::exitUnreachable, line(fmt::format("cannot connect to {}", where), strerrordesc_np(-error),
                                         "luod is reached over D-Bus: check that the bus runs there")};
}

} // namespace luoctl
