// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/session.hpp"
#include "core/unique_fd.hpp"

#include <map>
#include <memory>

namespace luod::core {

// The file descriptors luod holds for one session. The session's own keeps it alive; those of its files are kept only so
// that the session can be made anew without one of them (TakeOut), and are gone after a restart of luod.
struct Custody {
    // Shared with the job that is at work on it, so that it stays open until the job is done.
    std::shared_ptr<const UniqueFd> session;
    std::map<Token, UniqueFd> files;
    bool leaving = false; // finish, discard or take-out is under way: nothing else may begin

    void hold(UniqueFd fd) { session = std::make_shared<const UniqueFd>(std::move(fd)); }
};

using Custodies = std::map<SessionId, Custody>;

} // namespace luod::core
