// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/custodian.hpp"

#include "core/kernel_words.hpp"
#include "core/let_go.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace luod::core {

std::string sessionFdName(SessionId id) { return fmt::format("s{}", id); }
std::string rebuildFdName(SessionId id, Token token) { return fmt::format("r{}.{}", id, token); }

Custodian::Custodian(Ports ports, LedgerKeeper& ledger, Registry& registry, Custodies custodies, Events& events)
    : ports_(std::move(ports)), ledger_(ledger), registry_(registry), custodies_(std::move(custodies)), events_(events),
      quotas_(registry) {
    for (const auto& [id, custody] : custodies_)
        held_ += custody.files.size();
}

Result<const Session*> Custodian::known(SessionId id, std::optional<Direction> direction) {
    if (ledger_.refusal())
        return std::unexpected(*ledger_.refusal());
    const Session* session = registry_.find(id);
    if (!session)
        return fail(Errc::NoSuchSession, "there is no such session any more");
    if (session->state == SessionState::Lost)
        return fail(Errc::Lost, fmt::format("session '{}' did not come back from the kernel; its files are gone. Discard it",
                                            session->name));
    if (session->state == SessionState::Rebuilding || custodies_[id].leaving)
        return fail(Errc::Busy, fmt::format("session '{}' is being finished, discarded or made anew; try again",
                                            session->name));
    if (direction && session->direction != *direction)
        return fail(Errc::WrongDirection, fmt::format("session '{}' is {}; this is for {} ones", session->name,
                                                      word(session->direction), word(*direction)));
    return session;
}

Result<const Session*> Custodian::usable(SessionId id, std::optional<Direction> direction) {
    auto session = known(id, direction);
    if (!session)
        return session;
    if (auto open = unsealed(); !open)
        return std::unexpected(open.error());
    return session;
}

Result<> Custodian::unsealed() const {
    if (sealed_)
        return fail(Errc::UpdateUnderWay, "a live update is under way and everybody was ready: wait until it is over or aborted "
                                          "(luoctl status)");
    return {};
}

void Custodian::run(SessionId key, std::function<void()> job, std::function<void()> done) {
    ++jobs_;
    const Session* session = registry_.find(key);
    ports_.workers.run({key, session ? std::optional(session->owner) : std::nullopt}, std::move(job), [this, done = std::move(done)] {
        done();
        runEnded();
    });
}

void Custodian::runEnded() {
    if (--jobs_ > 0)
        return;
    for (const auto& then : std::exchange(quiet_, {}))
        then();
}

void Custodian::whenQuiet(Done<> then) {
    resumeRebuilding();
    auto answer = [this, then = std::move(then)] {
        for (const auto& [id, session] : registry_.sessions())
            if (session.state == SessionState::Rebuilding)
                return then(fail(Errc::Busy, fmt::format("session '{}' of uid {} could not be made anew, and would be lost: "
                                                         "discard it or try again",
                                                         session.name, session.owner)));
        then({});
    };
    if (jobs_ == 0)
        return answer();
    quiet_.push_back(std::move(answer));
}

Result<> Custodian::checkRequest(const Request& request) {
    if (ledger_.refusal())
        return std::unexpected(*ledger_.refusal());
    if (auto open = unsealed(); !open)
        return open;
    if (auto name = checkName(request.name, "session name"); !name)
        return name;
    if (registry_.find(request.owner, Direction::Outgoing, request.name) || arriving_.contains({request.owner, request.name}))
        return fail(Errc::NameTaken,
                    fmt::format("uid {} has an outgoing session '{}' already; take another name or discard it", request.owner,
                                request.name));
    auto mine = std::ranges::count_if(arriving_, [&](const auto& each) { return each.first == request.owner; });
    if (auto room = quotas_.room(Quantity::Sessions, request.owner, 1, {std::uint64_t(mine), arriving_.size()}); !room)
        return room;
    auto all = registry_.total().sessions + arriving_.size();
    constexpr std::size_t own = 4; // ledger and marker, twice while one generation follows another
    if (all + own >= ports_.store.capacity())
        return fail(Errc::LimitReached,
                    fmt::format("the fd store of luod.service is full ({} entries): raise its FileDescriptorStoreMax=",
                                ports_.store.capacity()));
    return {};
}

void Custodian::create(Request request, Done<SessionId> done) {
    if (auto good = checkRequest(request); !good)
        return done(std::unexpected(good.error()));
    Session session{.id = lastId_ = std::max(lastId_ + 1, registry_.nextId()), .owner = request.owner,
                    .created = ports_.wallClock(), .name = request.name,
                    .kernelName = kernelName(request.owner, request.name), .unit = request.unit,
                    .boundToUnit = request.boundToUnit, .label = request.label};
    arriving_.emplace(session.owner, session.name);

    struct Work {
        Errno<UniqueFd> fd;
        LedgerKeeper::Marker marker;
    };
    auto work = std::make_shared<Work>();
    bool needsMarker = !ledger_.hasMarker();
    // One key for all creations: the device opens for one at a time anyway.
    run(
        0,
        [this, work, needsMarker, name = session.kernelName, bytes = ledger_.bytes(), generation = ledger_.generation()] {
            if (needsMarker)
                work->marker = ledger_.makeMarker(bytes->fd(), generation);
            work->fd = createLetGo(ports_.luo, ports_.store, name); // one of that name was just discarded, perhaps
        },
        [this, work, session, generation = ledger_.generation(), done = std::move(done)] {
            arriving_.erase({session.owner, session.name});
            if (work->marker.fd && !ledger_.hasMarker() && ledger_.generation() == generation)
                ledger_.adoptMarker(std::move(work->marker.fd));
            if (!work->fd)
                return done(std::unexpected(createRefused(work->fd.error(), session)));
            created(session, std::move(*work->fd), done);
        });
}

void Custodian::created(Session session, UniqueFd fd, const Done<SessionId>& done) {
    if (!ledger_.hasMarker())
        return done(fail(Errc::LedgerTrouble, "the ledger cannot be put into a session of its own, so nothing would be "
                                              "remembered after a kexec; try again"));
    if (auto stored = ports_.store.store(sessionFdName(session.id), fd.get()); !stored)
        return done(fail(Errc::LimitReached,
                         fmt::format("the service manager did not take the session: {}", std::strerror(stored.error())),
                         stored.error()));
    if (auto written = ledger_.record(registry_, SessionAdded{session}); !written) {
        ports_.store.remove(sessionFdName(session.id));
        return done(std::unexpected(written.error()));
    }
    custodies_[session.id].hold(std::move(fd));
    events_.sessionAdded(*registry_.find(session.id));
    done(session.id);
}

Result<std::shared_ptr<const UniqueFd>> Custodian::open(SessionId id) {
    auto session = usable(id, {});
    if (!session)
        return std::unexpected(session.error());
    bool wasUnclaimed = isUnclaimed(**session);
    if (!(*session)->lent)
        if (auto written = ledger_.record(registry_, SessionLent{id}); !written)
            return std::unexpected(written.error());
    Custody& custody = custodies_[id];
    if (!(*session)->carried) { // they would only serve TakeOut, which is out of the question now
        held_ -= custody.files.size();
        custody.files.clear();
    }
    claimed(**session, wasUnclaimed);
    return custody.session;
}

Result<> Custodian::annotate(SessionId id, Token token, const std::string& name, const Metadata& metadata) {
    auto session = known(id, {});
    if (!session)
        return std::unexpected(session.error());
    if (!(*session)->files.contains(token))
        return fail(Errc::NoSuchFile, fmt::format("session '{}' holds no file {}", (*session)->name, token));
    if (auto good = valid(**session, token); !good)
        return good;
    if (auto good = checkFileName(**session, name, token); !good)
        return good;
    if (auto good = checkMetadata(metadata); !good)
        return good;
    if (auto room = checkMetadataRoom(**session, token, name, metadata); !room)
        return room;
    if (auto written = ledger_.record(registry_, FileAnnotated{id, token, name, metadata}); !written)
        return written;
    events_.sessionChanged(*registry_.find(id));
    return {};
}

void Custodian::finish(SessionId id, Done<> done) {
    auto session = usable(id, Direction::Incoming);
    if (!session)
        return done(std::unexpected(session.error()));
    leave(id, true, std::move(done));
}

void Custodian::discard(SessionId id, Done<> done) {
    const Session* broken = registry_.find(id);
    if (broken && broken->state != SessionState::Active && !custodies_[id].leaving) {
        if (ledger_.refusal())
            return done(std::unexpected(*ledger_.refusal()));
        if (auto open = unsealed(); !open)
            return done(open);
        return leave(id, false, std::move(done));
    }
    auto session = usable(id, {});
    if (!session)
        return done(std::unexpected(session.error()));
    leave(id, (*session)->direction == Direction::Incoming, std::move(done));
}

// What is still wanted of a session when it is gone.
static Session remainsOf(const Session& session) {
    Session remains = withoutFiles(session);
    for (const auto& [token, file] : session.files)
        if (timesIn(file.metadata))
            remains.files.emplace(token, file);
    return remains;
}

void Custodian::leave(SessionId id, bool finishFirst, Done<> done) {
    Custody& custody = custodies_[id];
    custody.leaving = true;
    auto answer = std::make_shared<Errno<>>();
    // Even without FINISH it goes by way of the workers, behind what is still at work on this session.
    run(
        id,
        [this, answer, finishFirst, fd = custody.session] {
            if (finishFirst)
                *answer = ports_.luo.finish(fd->get());
        },
        [this, id, answer, done = std::move(done)] {
            const Session& session = *registry_.find(id);
            custodies_[id].leaving = false;
            if (!*answer)
                return done(std::unexpected(finishRefused(answer->error(), session)));
            Session leaving = remainsOf(session);
            std::vector<Token> stored;
            if (session.state == SessionState::Rebuilding || session.carried)
                for (const auto& [token, file] : session.files)
                    stored.push_back(token);
            if (auto written = ledger_.record(registry_, SessionGone{id}); !written)
                return done(written);
            for (Token token : stored)
                ports_.store.remove(rebuildFdName(id, token));
            if (leaving.direction == Direction::Incoming && leaving.state == SessionState::Active)
                events_.sessionFinished(leaving);
            gone(leaving);
            done({});
        });
}

void Custodian::gone(const Session& session) {
    ports_.store.remove(sessionFdName(session.id));
    held_ -= custodies_[session.id].files.size();
    custodies_.erase(session.id);
    events_.sessionGone(session);
}

} // namespace luod::core
