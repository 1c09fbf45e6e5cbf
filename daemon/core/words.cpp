// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/session.hpp"

#include <array>

namespace luod::core {
namespace {

using namespace std::string_view_literals;

constexpr std::array kinds{"unknown"sv, "memfd"sv,    "hugetlb-memfd"sv, "vfio-cdev"sv, "vfio-group"sv, "iommufd"sv,
                           "kvm"sv,     "luo-session"sv, "eventfd"sv,    "eventpoll"sv, "timerfd"sv,    "signalfd"sv,
                           "pipe"sv,    "socket"sv,   "regular"sv,       "directory"sv, "char-device"sv, "block-device"sv,
                           "path"sv,    "tmpfile"sv,  "other"sv};
static_assert(kinds.size() == std::size_t(FileKind::Other) + 1);

} // namespace

std::string_view word(Direction direction) { return direction == Direction::Outgoing ? "outgoing" : "incoming"; }

std::string_view word(SessionState state) {
    constexpr std::array words{"active"sv, "rebuilding"sv, "lost"sv};
    return words.at(std::size_t(state));
}

std::string_view word(FileState state) {
    constexpr std::array words{"preserving"sv, "preserved"sv, "waiting"sv, "retrieved"sv, "invalid"sv};
    return words.at(std::size_t(state));
}

std::string_view stateWord(const Session& session) {
    return session.state == SessionState::Active && session.invalid > 0 ? "invalid" : word(session.state);
}

std::string_view word(FileKind kind) { return kinds.at(std::size_t(kind)); }

std::string_view word(Handover handover) {
    constexpr std::array words{"none"sv, "done"sv, "partial"sv, "unreadable"sv, "refused"sv, "no-device"sv, "cold-boot"sv};
    static_assert(words.size() == std::size_t(last(Handover{})) + 1);
    return words.at(std::size_t(handover));
}

FileKind fileKind(std::string_view word) {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (kinds[i] == word)
            return FileKind(i);
    return FileKind::Unknown;
}

} // namespace luod::core
