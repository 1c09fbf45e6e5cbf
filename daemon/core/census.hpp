// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// How many sessions and files there are of each sort, for whoever watches luod: kept at every change, so that being asked
// costs as much with ten files as with a hundred thousand.

#include "core/session.hpp"

#include <compare>
#include <cstdint>
#include <map>

namespace luod::core {

class Census {
public:
    struct SessionSort {
        uid_t owner = 0;
        Direction direction = Direction::Outgoing;
        SessionState state = SessionState::Active;
        auto operator<=>(const SessionSort&) const = default;
    };
    struct FileSort {
        uid_t owner = 0;
        FileKind kind = FileKind::Unknown;
        FileState state = FileState::Preserving;
        auto operator<=>(const FileSort&) const = default;
    };
    struct Amount {
        std::uint64_t files = 0, bytes = 0;
        bool operator==(const Amount&) const = default;
    };

    // A session without its files, and a file of one. What changes leaves, and enters again as what it is then.
    void enter(const Session& session);
    void leave(const Session& session);
    void enter(const Session& session, const File& file);
    void leave(const Session& session, const File& file);
    void enterAll(const Session& session); // with its files
    void leaveAll(const Session& session);

    // Only sorts of which there are some.
    const std::map<SessionSort, std::uint64_t>& sessions() const { return sessions_; }
    const std::map<FileSort, Amount>& files() const { return files_; }

private:
    std::map<SessionSort, std::uint64_t> sessions_;
    std::map<FileSort, Amount> files_;
};

} // namespace luod::core
