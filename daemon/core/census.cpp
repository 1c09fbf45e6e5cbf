// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/census.hpp"

namespace luod::core {
namespace {

Census::SessionSort sortOf(const Session& session) { return {session.owner, session.direction, session.state}; }
Census::FileSort sortOf(const Session& session, const File& file) { return {session.owner, file.kind, file.state}; }

} // namespace

void Census::enter(const Session& session) { ++sessions_[sortOf(session)]; }

void Census::leave(const Session& session) {
    auto at = sessions_.find(sortOf(session));
    if (at != sessions_.end() && --at->second == 0)
        sessions_.erase(at);
}

void Census::enter(const Session& session, const File& file) {
    Amount& amount = files_[sortOf(session, file)];
    ++amount.files;
    amount.bytes += file.size;
}

void Census::leave(const Session& session, const File& file) {
    auto at = files_.find(sortOf(session, file));
    if (at == files_.end())
        return;
    at->second.bytes -= file.size;
    if (--at->second.files == 0)
        files_.erase(at);
}

void Census::enterAll(const Session& session) {
    enter(session);
    for (const auto& [token, file] : session.files)
        enter(session, file);
}

void Census::leaveAll(const Session& session) {
    leave(session);
    for (const auto& [token, file] : session.files)
        leave(session, file);
}

} // namespace luod::core
