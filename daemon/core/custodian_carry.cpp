// SPDX-License-Identifier: LGPL-2.1-or-later

// Carrying an incoming session forward. The kernel does not hand on what nobody retrieved, so luod makes an outgoing session
// of it, with the same files under the same tokens:
//
//   retrieve each file; files -> fd store; ledger: outgoing, carried, rebuilding; FINISH; session out of the fd store and
//   closed; from there on as after a take-out, but the files stay in the fd store for as long as the session is carried.
//
// Killed before the ledger knows, the session is incoming as before, and what lies in the fd store is dropped: retrieving
// takes nothing away. Killed after it, the next luod finds the files there and makes the session. Retrieved pages count as
// luod's own memory from then on.

#include "core/custodian.hpp"

#include "core/kernel_words.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace luod::core {

struct Custodian::Carry {
    std::vector<Token> tokens;
    std::set<Token> unsure; // on their way to the kernel when that was replaced
    std::map<Token, UniqueFd> files;
    Error error{};
    bool failed = false;
    Done<> done;
};

std::vector<SessionId> Custodian::unclaimed() const {
    std::vector<SessionId> ids;
    for (const auto& [id, session] : registry_.sessions())
        if (isUnclaimed(session))
            ids.push_back(id);
    return ids;
}

void Custodian::forEachStored(const std::function<void(const std::string&, int)>& f) const {
    for (const auto& [id, custody] : custodies_) {
        if (custody.session)
            f(sessionFdName(id), custody.session->get());
        if (const Session* session = registry_.find(id); session && session->carried)
            for (const auto& [token, fd] : custody.files)
                f(rebuildFdName(id, token), fd.get());
    }
}

Result<> Custodian::canCarry(const Session& session) const {
    if (!isUnclaimed(session))
        return fail(Errc::InvalidArgument, fmt::format("session '{}' was claimed: it is its owner's to finish", session.name));
    if (session.invalid > 0)
        return fail(Errc::FileInvalid, fmt::format("session '{}' of uid {} cannot be carried forward with a file that is "
                                                   "invalid: finish or discard it",
                                                   session.name, session.owner));
    if (registry_.find(session.owner, Direction::Outgoing, session.name) || arriving_.contains({session.owner, session.name}))
        return fail(Errc::NameTaken,
                    fmt::format("session '{}' of uid {} cannot be carried forward, since there is an outgoing one of that name: "
                                "finish the incoming one, or discard either",
                                session.name, session.owner));
    if (held_ + session.files.size() > limits().heldFds)
        return fail(Errc::LimitReached, fmt::format("luod cannot hold the {} files of session '{}' beside what it holds: raise "
                                                    "LimitNOFILE= of luod.service, or discard the session",
                                                    session.files.size(), session.name));
    if (registry_.total().sessions + held_ + session.files.size() + 4 > ports_.store.capacity())
        return fail(Errc::LimitReached, fmt::format("the fd store of luod.service has no room for the files of session '{}': "
                                                    "raise its FileDescriptorStoreMax=",
                                                    session.name));
    return {};
}

void Custodian::carryForward(SessionId id, Done<> done) {
    auto session = usable(id, Direction::Incoming);
    if (!session)
        return done(std::unexpected(session.error()));
    if (auto can = canCarry(**session); !can)
        return done(can);
    auto carry = std::make_shared<Carry>(Carry{.done = std::move(done)});
    for (const auto& [token, file] : (*session)->files) {
        carry->tokens.push_back(token);
        if (file.state == FileState::Preserving)
            carry->unsure.insert(token);
    }
    Custody& custody = custodies_[id];
    custody.leaving = true;
    arriving_.emplace((*session)->owner, (*session)->name); // nobody is to take the name meanwhile
    run(
        id,
        [this, carry, fd = custody.session] {
            for (Token token : carry->tokens) {
                auto file = ports_.luo.retrieve(fd->get(), token);
                if (!file && file.error() == ENOENT && carry->unsure.contains(token))
                    continue;
                if (!file) {
                    carry->error = retrieveRefused(file.error(), token);
                    carry->failed = true;
                    return;
                }
                carry->files.emplace(token, std::move(*file));
            }
        },
        [this, id, carry] { fetched(id, *carry); });
}

Result<> Custodian::putInStore(SessionId id, const std::map<Token, UniqueFd>& files) {
    for (const auto& [token, fd] : files)
        if (auto stored = ports_.store.store(rebuildFdName(id, token), fd.get()); !stored)
            return fail(Errc::LimitReached,
                        fmt::format("the service manager did not take the session's files: {}", std::strerror(stored.error())),
                        stored.error());
    return {};
}

Result<> Custodian::noteCarried(SessionId id, Carry& carry) {
    const Session& session = *registry_.find(id);
    FilesDropped missing{id, {}};
    FilesListed files{id, {}};
    for (const auto& [token, file] : session.files) {
        auto fd = carry.files.find(token);
        if (fd == carry.files.end()) {
            missing.tokens.push_back(token);
            continue;
        }
        File now = file;
        now.state = FileState::Preserved;
        now.byOwner = false;
        if (auto found = ports_.inspector.inspect(fd->second.get())) {
            now.identity = found->identity;
            now.device = found->device;
        }
        files.files.push_back(std::move(now));
    }
    std::vector<Record> records{SessionCarried{id}, missing, files};
    return ledger_.record(registry_, records);
}

void Custodian::fetched(SessionId id, Carry& carry) {
    Custody& custody = custodies_[id];
    custody.leaving = false;
    const Session& session = *registry_.find(id);
    arriving_.erase({session.owner, session.name});
    auto kept = carry.failed ? Result<>(std::unexpected(carry.error)) : putInStore(id, carry.files);
    if (kept)
        kept = noteCarried(id, carry);
    if (!kept) {
        for (const auto& [token, fd] : carry.files)
            ports_.store.remove(rebuildFdName(id, token));
        kept.error().words = fmt::format("session '{}' of uid {} could not be carried forward: {}", session.name, session.owner,
                                         kept.error().words);
        return carry.done(kept);
    }
    held_ += carry.files.size();
    custody.files = std::move(carry.files);
    custody.leaving = true;
    run(
        id, [this, fd = custody.session] { (void)ports_.luo.finish(fd->get()); }, // else closing it does
        [this, id, done = std::move(carry.done)] {
            ports_.store.remove(sessionFdName(id));
            custodies_[id].session.reset();
            rebuild(id, done);
        });
}

Result<Retrieved> Custodian::giveHeld(const Session& session, Token token) {
    const File& file = session.files.at(token);
    const auto& held = custodies_[session.id].files;
    auto at = held.find(token);
    if (at == held.end())
        return fail(Errc::WrongDirection, fmt::format("session '{}' is outgoing, and luod holds no descriptor of {}: it was "
                                                      "preserved after the session was carried forward",
                                                      session.name, describe(file)));
    UniqueFd copy = ports_.inspector.duplicate(at->second.get());
    if (!copy)
        return std::unexpected(retrieveRefused(EMFILE, token));
    return Retrieved{std::move(copy), token, file.name, file.metadata};
}

Result<std::vector<Retrieved>> Custodian::giveHeld(const Session& session, const std::vector<Token>& tokens) {
    std::vector<Retrieved> all;
    for (Token token : tokens) {
        auto given = giveHeld(session, token);
        if (!given)
            return std::unexpected(given.error());
        all.push_back(std::move(*given));
    }
    return all;
}

} // namespace luod::core
