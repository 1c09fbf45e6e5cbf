// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/recovery.hpp"

#include "core/kernel_words.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace luod::core {
namespace {

struct Found { // a ledger that can be gone on with
    Ledger ledger;
    Registry registry;
    std::string marker; // name of the fd it came out of, "" where it lay in the fd store itself
};

class Recovery {
public:
    Recovery(const RecoveryPorts& ports, LedgerKeeper& keeper, std::vector<InheritedFd> inherited)
        : ports_(ports), keeper_(keeper) {
        for (InheritedFd& each : inherited)
            fds_.insert_or_assign(each.name, std::move(each.fd));
    }

    Result<Recovered> run();

private:
    std::optional<Found> ledgerInStore();
    Result<std::optional<Found>> ledgerInMarkers();
    Result<> fetchMarkers();
    std::optional<Found> open(UniqueFd fd, std::string marker);
    Result<> goOn(Found found);
    Result<> comeOver(Found found);
    Result<> startAnew();
    Result<> fetchSession(const Session& session, bool& lost);
    void settleIntents(const Session& session);
    void takeUpRebuilding(const Session& session);
    void takeUpCarried(const Session& session);
    void lose(SessionId id, std::string words);
    void dropUnclaimed();
    UniqueFd take(const std::string& name);
    std::uint64_t freshGeneration() const;
    void note(Note::Kind kind, std::string words) { out_.notes.push_back({kind, std::move(words)}); }
    void refuse(std::string words) {
        note(Note::LedgerRefused, words);
        keeper_.refuse({Errc::LedgerTrouble, std::move(words)});
    }

    const RecoveryPorts& ports_;
    LedgerKeeper& keeper_;
    std::map<std::string, UniqueFd> fds_;
    Recovered out_;
    std::uint64_t newest_ = 0; // greatest generation seen anywhere
};

bool isMarker(const std::string& name) { return name.starts_with('m'); }
bool isLedger(const std::string& name) { return name.starts_with('l'); }

// Markers that this luod retrieved are called after the kernel's name for them, in the fd store, until they are finished.
std::string incomingMarkerName(std::size_t which) { return fmt::format("mi{}", which); }

UniqueFd Recovery::take(const std::string& name) {
    auto at = fds_.find(name);
    if (at == fds_.end())
        return {};
    UniqueFd fd = std::move(at->second);
    fds_.erase(at);
    return fd;
}

std::optional<Found> Recovery::open(UniqueFd fd, std::string marker) {
    Registry registry;
    auto bytes = ports_.maker.adopt(std::move(fd));
    auto ledger = bytes ? Ledger::open(std::move(*bytes), [&](Record&& record) { registry.apply(record); })
                        : Result<Ledger>(fail(Errc::LedgerTrouble, fmt::format("what lies where the ledger should be is not one: {}",
                                                                               std::strerror(bytes.error())))); 
    if (!ledger) {
        refuse(ledger.error().words);
        return {};
    }
    newest_ = std::max(newest_, ledger->generation());
    if (ledger->wasTorn())
        note(Note::LedgerTorn, "the ledger's last record was cut off by a kill and is ignored; nobody had been told of it");
    if (!ledger->complete())
        return {};
    return Found{std::move(*ledger), std::move(registry), std::move(marker)};
}

// The newest complete one. A refused one ends the search: something is there that must not be passed over.
std::optional<Found> Recovery::ledgerInStore() {
    std::vector<std::string> names;
    for (const auto& [name, fd] : fds_)
        if (isLedger(name))
            names.push_back(name);
    std::optional<Found> best;
    for (const std::string& name : names) {
        auto found = open(take(name), {});
        if (keeper_.refusal())
            return {};
        bool better = found && (!best || found->ledger.generation() > best->ledger.generation());
        if (better)
            std::swap(best, found);
        if (!better || found) // the lesser of two, or one that was not finished
            ports_.store.remove(better ? fmt::format("l{}", found->ledger.generation()) : name);
    }
    return best;
}

// After a kexec that no fd store came through (direct, or systemd before 261) the markers are still in the kernel.
Result<> Recovery::fetchMarkers() {
    for (std::size_t i = 0; i < std::size(markerNames); ++i) {
        std::string kernel(markerNames[i]), stored = incomingMarkerName(i);
        auto covered = ports_.cover(kernel, stored);
        auto fd = ports_.luo.retrieveSession(kernel);
        if (fd) {
            (void)ports_.store.store(stored, fd->get());
            fds_.insert_or_assign(stored, std::move(*fd));
            continue;
        }
        switch (fd.error()) {
        case ENOENT: // not there
        case EINVAL: // ours already, by way of the service manager
            break;
        case ENODEV:
        case ENXIO:
            out_.deviceMissing = true;
            break;
        case EIO:
            out_.handover = Handover::Unreadable;
            break;
        default:
            return std::unexpected(retrieveSessionRefused(fd.error(), Session{.name = "ledger", .kernelName = kernel}));
        }
    }
    return {};
}

Result<std::optional<Found>> Recovery::ledgerInMarkers() {
    if (auto fetched = fetchMarkers(); !fetched)
        return std::unexpected(fetched.error());
    std::optional<Found> best;
    for (auto at = fds_.begin(); at != fds_.end();) {
        auto each = at++;
        if (!isMarker(each->first))
            continue;
        auto fd = ports_.luo.retrieve(each->second.get(), LedgerKeeper::ledgerToken);
        if (!fd && (fd.error() == EINVAL || fd.error() == ENOENT || fd.error() == ENOTTY)) {
            // An outgoing one, of a start that was killed, or one without a ledger: nothing depends on it.
            ports_.store.remove(each->first);
            fds_.erase(each);
            continue;
        }
        if (!fd) { // there is a ledger in it, and closing the marker would throw it away
            Error why = retrieveRefused(fd.error(), LedgerKeeper::ledgerToken);
            why.words = "the ledger cannot be taken out of its session: " + why.words;
            if (why.code == Errc::LimitReached || fd.error() == ENOMEM)
                return std::unexpected(why);
            refuse(std::move(why.words));
            return std::optional<Found>{};
        }
        auto found = open(std::move(*fd), each->first);
        if (keeper_.refusal())
            return std::optional<Found>{};
        if (found && (!best || found->ledger.generation() > best->ledger.generation()))
            best = std::move(found);
    }
    return best;
}

void Recovery::lose(SessionId id, std::string words) {
    note(Note::SessionLost, std::move(words));
    out_.registry.apply(SessionStateChanged{id, SessionState::Lost});
}

// Files that the kernel was being asked to preserve when luod died: did it hear?
void Recovery::settleIntents(const Session& session) {
    FilesPreserved yes{session.id, {}};
    FilesDropped no{session.id, {}};
    for (const auto& [token, file] : session.files) {
        if (file.state != FileState::Preserving)
            continue;
        auto holds = ports_.luo.holds(out_.custodies[session.id].session->get(), token);
        (holds && *holds ? yes.tokens : no.tokens).push_back(token);
    }
    if (!yes.tokens.empty())
        keeper_.settle(out_.registry, yes);
    if (!no.tokens.empty())
        keeper_.settle(out_.registry, no);
}

// The session that was there may be the old one or the new: let it go, the files are all in the fd store.
void Recovery::takeUpRebuilding(const Session& session) {
    if (UniqueFd old = take(sessionFdName(session.id)); old && session.carried)
        (void)ports_.luo.finish(old.get()); // the incoming one, should luod have been killed before it was finished
    ports_.store.remove(sessionFdName(session.id));
    Custody& custody = out_.custodies[session.id];
    FilesDropped missing{session.id, {}};
    for (const auto& [token, file] : session.files) {
        UniqueFd fd = take(rebuildFdName(session.id, token));
        if (fd) {
            custody.files.emplace(token, std::move(fd));
        } else if (file.state != FileState::Invalid) {
            missing.tokens.push_back(token);
            note(Note::FileLost, fmt::format("{} of session '{}' was not in the fd store when the session had to be made anew",
                                             describe(file), session.name));
        }
    }
    if (!missing.tokens.empty())
        keeper_.settle(out_.registry, missing);
}

void Recovery::takeUpCarried(const Session& session) {
    for (const auto& [token, file] : session.files)
        if (UniqueFd fd = take(rebuildFdName(session.id, token)))
            out_.custodies[session.id].files.emplace(token, std::move(fd));
}

Result<> Recovery::goOn(Found found) {
    out_.registry = std::move(found.registry);
    out_.handover = out_.registry.boot().handover;
    auto generation = found.ledger.generation();
    keeper_.resume(std::move(found.ledger), take(fmt::format("m{}", generation)));
    for (const auto& [id, session] : out_.registry.sessions()) {
        if (session.state == SessionState::Lost)
            continue;
        if (session.state == SessionState::Rebuilding) {
            takeUpRebuilding(session);
            continue;
        }
        UniqueFd fd = take(sessionFdName(id));
        if (!fd) {
            lose(id, fmt::format("session '{}' of uid {} is not in the fd store any more", session.name, session.owner));
            continue;
        }
        out_.custodies[id].hold(std::move(fd));
        if (session.direction == Direction::Outgoing)
            settleIntents(session);
        if (session.carried)
            takeUpCarried(session);
    }
    note(Note::LedgerReplayed, fmt::format("{} sessions with {} files taken up again", out_.registry.total().sessions,
                                           out_.registry.total().files));
    if (!keeper_.hasMarker() && out_.registry.total().sessions > 0) {
        note(Note::NoMarker, "the ledger was in no session of its own and is put into one");
        return keeper_.begin(out_.registry, freshGeneration());
    }
    if (keeper_.isNearlyFull() || keeper_.isOldFormat()) // else the first callers would be told to try again
        (void)keeper_.begin(out_.registry, freshGeneration());
    return {};
}

Result<> Recovery::fetchSession(const Session& session, bool& lost) {
    UniqueFd fd = take(sessionFdName(session.id));
    if (!fd) {
        auto covered = ports_.cover(session.kernelName, sessionFdName(session.id));
        auto retrieved = ports_.luo.retrieveSession(session.kernelName);
        if (!retrieved) {
            Error why = retrieveSessionRefused(retrieved.error(), session);
            // Anything but a plain no may pass: better to start again than to call a session lost that is not.
            bool final = why.code == Errc::Lost || retrieved.error() == EIO || retrieved.error() == ENODEV;
            if (!final)
                return std::unexpected(why);
            lost = true;
            lose(session.id, why.words);
            return {};
        }
        fd = std::move(*retrieved);
        if (auto stored = ports_.store.store(sessionFdName(session.id), fd.get()); !stored)
            note(Note::SessionLost, fmt::format("session '{}' is held but the service manager did not take it: a crash of luod "
                                                "would lose it",
                                                session.name));
    }
    out_.custodies[session.id].hold(std::move(fd));
    return {};
}

Result<> Recovery::comeOver(Found found) {
    out_.registry = std::move(found.registry);
    std::string from = out_.registry.boot().release;
    for (const auto& [id, session] : out_.registry.sessions())
        if (session.state == SessionState::Rebuilding)
            note(Note::FileLost, fmt::format("session '{}' of uid {} was being made anew when the kernel was replaced: files "
                                             "may be missing",
                                             session.name, session.owner));
    out_.registry.crossOver({.bootId = ports_.bootId, .release = ports_.release,
                             .liveUpdates = out_.registry.boot().liveUpdates + 1});
    bool lost = false;
    for (const auto& [id, session] : out_.registry.sessions()) {
        if (session.state == SessionState::Lost) {
            note(Note::SessionLost, fmt::format("session '{}' of uid {} was incoming and not finished when the kernel was "
                                                "replaced again; the kernel does not carry such sessions on",
                                                session.name, session.owner));
            continue;
        }
        if (auto fetched = fetchSession(session, lost); !fetched)
            return fetched;
    }
    out_.handover = lost ? Handover::Partial : Handover::Done;
    note(Note::LiveUpdateSeen, fmt::format("live update {} seen, from {} to {}: {} sessions with {} files came over",
                                           out_.registry.boot().liveUpdates, from, ports_.release, out_.custodies.size(),
                                           out_.registry.total().files));
    out_.registry.noteHandover(out_.handover);
    return keeper_.begin(out_.registry, freshGeneration());
}

Result<> Recovery::startAnew() {
    for (const auto& [name, fd] : fds_)
        if (name.starts_with('s')) {
            std::string words = "sessions lie in the fd store but no ledger that says whose they are: they are kept and nothing "
                                "is changed. 'systemctl clean --what=fdstore luod' gives them up";
            refuse(std::move(words));
            return {};
        }
    out_.registry.apply(BootNoted{.bootId = ports_.bootId, .release = ports_.release, .handover = out_.handover});
    return keeper_.begin(out_.registry, freshGeneration());
}

std::uint64_t Recovery::freshGeneration() const {
    std::uint64_t newest = newest_;
    for (const auto& [name, fd] : fds_)
        if (isMarker(name))
            newest = std::max<std::uint64_t>(newest, std::strtoull(name.c_str() + 1, nullptr, 10));
    return newest + 1;
}

void Recovery::dropUnclaimed() {
    for (const auto& [name, fd] : fds_) {
        if (isMarker(name))
            (void)ports_.luo.finish(fd.get()); // its ledger has been taken over
        else
            note(Note::Unclaimed, fmt::format("fd '{}' in the fd store belongs to nothing in the ledger and is dropped", name));
        ports_.store.remove(name);
    }
    fds_.clear();
}

Result<Recovered> Recovery::run() {
    // Nothing could be told from what an earlier boot left behind.
    if (ports_.bootId.empty())
        return fail(Errc::Unavailable, "luod cannot tell this boot from others, since /proc/sys/kernel/random/boot_id is hidden "
                                       "from it: take ProcSubset= out of luod.service and restart it. Nothing was changed");
    auto inStore = ledgerInStore();
    Result<> done;
    if (inStore && inStore->registry.boot().bootId == ports_.bootId) {
        done = goOn(std::move(*inStore));
    } else if (!keeper_.refusal()) {
        out_.newBoot = true;
        auto inMarker = ledgerInMarkers();
        if (!inMarker)
            return std::unexpected(inMarker.error());
        auto stale = inStore ? std::optional(fmt::format("l{}", inStore->ledger.generation())) : std::nullopt;
        std::optional<Found> best = *inMarker ? std::move(*inMarker) : std::move(inStore);
        if (!keeper_.refusal())
            done = best ? comeOver(std::move(*best)) : startAnew();
        if (stale && done && !keeper_.refusal())
            ports_.store.remove(*stale);
    }
    if (!done)
        return std::unexpected(done.error());
    if (!keeper_.refusal()) // else everything stays as it is, for a luod that can make more of it
        dropUnclaimed();
    return std::move(out_);
}

} // namespace

Result<Recovered> recover(const RecoveryPorts& ports, LedgerKeeper& keeper, std::vector<InheritedFd> inherited) {
    return Recovery(ports, keeper, std::move(inherited)).run();
}

} // namespace luod::core
