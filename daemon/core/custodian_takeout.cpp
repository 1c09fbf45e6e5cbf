// SPDX-License-Identifier: LGPL-2.1-or-later

// Taking one file out of a session. The kernel has no call for it, so the session is let go and made anew with the rest.
// In between nothing in the kernel holds the other files; the fd store does:
//
//   other files -> fd store; ledger: rebuilding, file dropped; session out of the fd store and closed;
//   kernel: create, preserve each; session -> fd store; ledger: active; other files out of the fd store.
//
// Killed anywhere in this, the next luod finds the files in the fd store and makes the session again from the start.

#include "core/custodian.hpp"

#include "core/kernel_words.hpp"
#include "core/let_go.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace luod::core {

struct Custodian::Rebuild {
    std::vector<std::pair<Token, int>> files; // fds belong to the custody, which nobody touches meanwhile
    UniqueFd session;
    Error error{};
    bool failed = false;
    Done<> done;
};

void Custodian::takeOut(SessionId id, Token token, Done<> done) {
    auto usableSession = usable(id, Direction::Outgoing);
    if (!usableSession)
        return done(std::unexpected(usableSession.error()));
    const Session& session = **usableSession;
    if (!session.files.contains(token))
        return done(fail(Errc::NoSuchFile, fmt::format("session '{}' holds no file {}", session.name, token)));
    if (auto can = canRebuild(session, token); !can)
        return done(can);

    Custody& custody = custodies_[id];
    for (const auto& [other, fd] : custody.files)
        if (other != token)
            if (auto stored = ports_.store.store(rebuildFdName(id, other), fd.get()); !stored) {
                releaseRebuildFds(session);
                return done(fail(Errc::LimitReached,
                                 fmt::format("the service manager did not take the session's other files: {}",
                                             std::strerror(stored.error())),
                                 stored.error()));
            }
    std::vector<Record> begin{SessionStateChanged{id, SessionState::Rebuilding}, FilesDropped{id, {token}}};
    if (auto written = ledger_.record(registry_, begin); !written) {
        releaseRebuildFds(session);
        return done(written);
    }
    held_ -= custody.files.erase(token);
    if (session.carried)
        ports_.store.remove(rebuildFdName(id, token));
    ports_.store.remove(sessionFdName(id));
    custody.session.reset();
    events_.fileTakenOut(session, token);
    rebuild(id, std::move(done));
}

Result<> Custodian::canRebuild(const Session& session, Token without) {
    if (session.lent)
        return fail(Errc::CannotTakeOut,
                    fmt::format("session '{}' was lent by Open, so luod cannot know when it is really closed: discard it and "
                                "preserve the other files again",
                                session.name));
    const Custody& custody = custodies_[session.id];
    for (const auto& [token, file] : session.files) {
        if (file.state == FileState::Preserving)
            return fail(Errc::Busy, fmt::format("session '{}' is still being filled; try again", session.name));
        if (token != without && file.state != FileState::Invalid && !custody.files.contains(token))
            return fail(Errc::CannotTakeOut,
                        fmt::format("luod no longer holds {} (it keeps files' descriptors only until it is restarted, and "
                                    "only so many): discard session '{}' and preserve the other files again",
                                    describe(file), session.name));
    }
    if (registry_.total().sessions + session.files.size() + 4 > ports_.store.capacity())
        return fail(Errc::LimitReached, "the fd store of luod.service has no room for the session's other files: raise its "
                                        "FileDescriptorStoreMax=");
    return {};
}

// A carried session's stay: after a restart nothing else holds its files for the owner.
void Custodian::releaseRebuildFds(const Session& session) {
    if (session.carried)
        return;
    for (const auto& [token, file] : session.files)
        ports_.store.remove(rebuildFdName(session.id, token));
}

void Custodian::rebuild(SessionId id, Done<> done) {
    Custody& custody = custodies_[id];
    custody.leaving = true;
    ++rebuilds_;
    auto work = std::make_shared<Rebuild>();
    work->done = std::move(done);
    const Session& session = *registry_.find(id);
    for (const auto& [token, fd] : custody.files)
        if (session.files.at(token).state != FileState::Invalid) // what the kernel would refuse stays with luod alone
            work->files.emplace_back(token, fd.get());
    run(
        id,
        [this, work, name = session.kernelName, session = Session{.name = session.name, .kernelName = session.kernelName}] {
            (void)ports_.store.settle(); // until then the service manager keeps the old session alive, and with it its name
            auto made = createLetGo(ports_.luo, ports_.store, name);
            if (!made) {
                work->error = createRefused(made.error(), session);
                work->failed = true;
                return;
            }
            for (auto [token, fd] : work->files)
                if (auto kept = ports_.luo.preserve(made->get(), fd, token); !kept) {
                    work->error = preserveRefused(kept.error(), File{.token = token});
                    work->failed = true;
                    return;
                }
            work->session = std::move(*made);
        },
        [this, id, work] {
            rebuilt(id, *work);
            rebuildEnded();
        });
}

void Custodian::rebuildEnded() {
    if (--rebuilds_ == 0 && noneIsRebuilt_)
        std::exchange(noneIsRebuilt_, nullptr)();
}

void Custodian::whenNoneIsRebuilt(std::function<void()> then) {
    if (rebuilds_ == 0)
        return then();
    noneIsRebuilt_ = std::move(then);
}

void Custodian::rebuilt(SessionId id, Rebuild& work) {
    Custody& custody = custodies_[id];
    custody.leaving = false;
    const Session& session = *registry_.find(id);
    if (!work.failed)
        if (auto stored = ports_.store.store(sessionFdName(id), work.session.get()); !stored) {
            work.error = {Errc::LimitReached, "the service manager did not take the session made anew", stored.error()};
            work.failed = true;
        }
    if (work.failed) {
        work.error.words += "; the file is out, its session is being made anew and will be tried again";
        return work.done(std::unexpected(work.error));
    }
    custody.hold(std::move(work.session));
    releaseInvalid(session);
    SessionStateChanged active{id, SessionState::Active};
    if (ledger_.record(registry_, active))
        releaseRebuildFds(session);
    else
        registry_.apply(active); // the fd store still has the files: a restart would make it anew once more
    events_.sessionChanged(session);
    work.done({});
}

void Custodian::resumeRebuilding() {
    for (const auto& [id, session] : registry_.sessions())
        if (session.state == SessionState::Rebuilding && !custodies_[id].leaving)
            rebuild(id, [](Result<>) {});
}

} // namespace luod::core
