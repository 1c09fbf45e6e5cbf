// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/update.hpp"

#include <algorithm>
#include <array>

namespace luod::core {

using namespace std::string_view_literals;

std::string_view word(Phase phase) {
    constexpr std::array words{"idle"sv, "checking"sv, "preparing"sv, "prepared"sv, "leaving"sv};
    static_assert(words.size() == std::size_t(last(Phase{})) + 1);
    return words.at(std::size_t(phase));
}

std::string_view word(UpdateMode mode) { return mode == UpdateMode::Direct ? "direct" : "systemd"; }

std::string_view word(InhibitMode mode) { return mode == InhibitMode::Block ? "block" : "delay"; }

std::string_view word(Milestone milestone) {
    constexpr std::array words{"requested"sv, "checked"sv, "asked"sv, "ready"sv,   "late"sv,    "sealed"sv, "left"sv,
                               "aborted"sv,   "kernel"sv,  "manager"sv, "luod"sv, "claimed"sv, "finished"sv};
    static_assert(words.size() == std::size_t(last(Milestone{})) + 1);
    return words.at(std::size_t(milestone));
}

const Moment* Update::find(Milestone what) const {
    auto at = std::ranges::find(moments, what, &Moment::what);
    return at == moments.end() ? nullptr : &*at;
}

const Moment* Update::find(Milestone what, std::string_view subject, uid_t owner) const {
    auto at = std::ranges::find_if(
        moments, [&](const Moment& m) { return m.what == what && m.owner == owner && m.subject == subject; });
    return at == moments.end() ? nullptr : &*at;
}

} // namespace luod::core
