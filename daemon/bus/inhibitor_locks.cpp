// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/inhibitor_locks.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace luod::bus {

core::Errno<InhibitorLocks::Pipe> InhibitorLocks::make() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return std::unexpected(errno);
    return Pipe{core::UniqueFd(ends[0]), core::UniqueFd(ends[1])};
}

std::string InhibitorLocks::fdName(core::InhibitorId id) { return fmt::format("b{}", id); }

core::InhibitorId InhibitorLocks::idOf(const std::string& fdName) {
    if (!fdName.starts_with('b'))
        return 0;
    char* end = nullptr;
    auto id = std::strtoull(fdName.c_str() + 1, &end, 10);
    return *end == '\0' ? id : 0;
}

void InhibitorLocks::hold(core::InhibitorId id, core::UniqueFd ours, bool stored) {
    if (!stored)
        (void)store_.store(fdName(id), ours.get()); // without it a restart of luod counts as the word "ready"
    Lock& lock = locks_[id];
    lock.fd = std::move(ours);
    // No events wanted: a hang-up is told unasked, and what a client may write is left lying.
    lock.source = loop_.io(lock.fd.get(), 0, [this, id](std::uint32_t) { release(id); });
}

void InhibitorLocks::release(core::InhibitorId id) {
    auto node = locks_.extract(id); // lives until the end: we are in its source's callback
    store_.remove(fdName(id));
    released_(id);
}

} // namespace luod::bus
