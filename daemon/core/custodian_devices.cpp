// SPDX-License-Identifier: LGPL-2.1-or-later

// A device that is unplugged takes the file that stood for it along: the kernel does not say so, and would only refuse the
// kexec. Such a file is invalid from then on. It stays listed until its owner or root takes it out or gives its session up,
// and no live update begins before that.
//
// The kernel removes a device only when nobody has it open any more, so luod lets go of what it holds of it. What the
// kernel's own session holds is let go when the session is made anew without the file, or closed.

#include "core/custodian.hpp"

#include "core/kernel_words.hpp"

#include <fmt/format.h>

namespace luod::core {

void Custodian::lookAfterDevices() {
    std::map<SessionId, std::vector<Token>> gone;
    for (auto [id, token] : registry_.withDevices()) {
        const Session& session = *registry_.find(id);
        const File& file = session.files.at(token);
        bool counts = session.state != SessionState::Lost && file.state == FileState::Preserved;
        if (counts && !ports_.inspector.isThere(file.device))
            gone[id].push_back(token);
    }
    for (auto& [id, tokens] : gone)
        invalidate(*registry_.find(id), std::move(tokens));
}

void Custodian::invalidate(const Session& session, std::vector<Token> tokens) {
    FilesInvalidated what{session.id, std::move(tokens)};
    if (!ledger_.record(registry_, what))
        registry_.apply(what); // the next start finds it out again
    if (!custodies_[session.id].leaving) // else a job is at work on these descriptors
        releaseInvalid(session);
    events_.filesInvalidated(session, what.tokens);
}

void Custodian::releaseInvalid(const Session& session) {
    for (const auto& [token, file] : session.files)
        if (file.state == FileState::Invalid && custodies_[session.id].files.contains(token)) {
            ports_.store.remove(rebuildFdName(session.id, token));
            held_ -= custodies_[session.id].files.erase(token);
        }
}

Result<> Custodian::valid(const Session& session, Token token) {
    const File& file = session.files.at(token);
    if (file.state != FileState::Invalid)
        return {};
    return fail(Errc::FileInvalid, fmt::format("{} of session '{}' is invalid: {}. Take it out, or discard the session",
                                               describe(file), session.name, whyInvalid(file)));
}

} // namespace luod::core
