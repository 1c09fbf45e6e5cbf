// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/ledger_keeper.hpp"

#include "core/let_go.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace luod::core {
namespace {

// Workers' key for what concerns no session.
constexpr SessionId ownKey = 0;

std::string ledgerName(std::uint64_t generation) { return fmt::format("l{}", generation); }
std::string markerName(std::uint64_t generation) { return fmt::format("m{}", generation); }

std::size_t bytesOf(std::span<const Record> records) {
    std::size_t bytes = 0;
    std::string scratch;
    for (const Record& record : records) {
        scratch.clear();
        encode(record, scratch);
        bytes += scratch.size() + 16;
    }
    return bytes;
}

} // namespace

LedgerKeeper::LedgerKeeper(Luo& luo, FdStore& store, LedgerMaker& maker, Workers& workers, std::size_t firstSize)
    : luo_(luo), store_(store), maker_(maker), workers_(workers), firstSize_(firstSize) {}

// Four times what is known now, so that the cost of beginning anew, spread over the changes between, is constant.
std::size_t LedgerKeeper::sizeFor(const Registry& registry, std::size_t wanted) const {
    std::size_t bytes = wanted;
    registry.snapshot([&](const Record& record) { bytes += bytesOf({&record, 1}); });
    constexpr std::size_t page = 4096;
    return (std::max(firstSize_, 4 * bytes) + page - 1) / page * page;
}

LedgerKeeper::Marker LedgerKeeper::makeMarker(int ledgerFd, std::uint64_t generation) {
    for (int attempt = 0; attempt <= letGoAttempts; ++attempt) {
        // The name of the generation before may still be in use: the old marker is let go only after this one is put away.
        for (std::uint64_t other : {0, 1}) {
            auto session = luo_.createSession(std::string(markerNames[(generation + other) % 2]));
            if (!session && session.error() == EEXIST)
                continue;
            if (!session)
                return {{}, session.error()};
            auto preserved = luo_.preserve(session->get(), ledgerFd, ledgerToken);
            if (!preserved)
                return {{}, preserved.error()};
            return {std::move(*session), 0};
        }
        if (!store_.settle()) // both are taken: by what was removed from the fd store and is not let go yet
            break;
    }
    return {{}, EEXIST};
}

Result<> LedgerKeeper::write(Ledger& ledger, const Registry& registry) {
    Result<> written;
    registry.snapshot([&](const Record& record) {
        if (written)
            written = ledger.append(record);
    });
    return written;
}

Result<> LedgerKeeper::putAway(Ledger ledger, UniqueFd marker) {
    auto generation = ledger.generation();
    if (auto stored = store_.store(ledgerName(generation), ledger.fd()); !stored)
        return fail(Errc::LedgerTrouble,
                    fmt::format("the service manager did not take the ledger: {}", std::strerror(stored.error())),
                    stored.error());
    std::optional<std::uint64_t> before;
    if (ledger_)
        before = ledger_->generation();
    ledger_.emplace(std::move(ledger));
    marker_.reset();
    if (marker)
        adoptMarker(std::move(marker));
    if (before) {
        store_.remove(ledgerName(*before));
        store_.remove(markerName(*before));
    }
    return {};
}

Result<> LedgerKeeper::begin(const Registry& registry, std::uint64_t generation) {
    auto bytes = maker_.make(sizeFor(registry));
    if (!bytes)
        return fail(Errc::LedgerTrouble, fmt::format("no memory for a ledger: {}", std::strerror(bytes.error())),
                    bytes.error());
    auto ledger = Ledger::begin(std::move(*bytes), generation);
    if (!ledger)
        return std::unexpected(ledger.error());
    if (auto written = write(*ledger, registry); !written)
        return written;
    auto marker = makeMarker(ledger->fd(), generation);
    if (marker_ && !marker.fd)
        return {};
    return putAway(std::move(*ledger), std::move(marker.fd));
}

void LedgerKeeper::resume(Ledger ledger, UniqueFd marker) {
    ledger_.emplace(std::move(ledger));
    marker_ = std::move(marker);
}

void LedgerKeeper::adoptMarker(UniqueFd fd) {
    (void)store_.store(markerName(generation()), fd.get());
    marker_ = std::move(fd);
}

void LedgerKeeper::forEachStored(const std::function<void(const std::string&, int)>& f) const {
    if (ledger_)
        f(ledgerName(generation()), ledger_->fd());
    if (marker_)
        f(markerName(generation()), marker_.get());
}

Result<> LedgerKeeper::record(Registry& registry, const Record& what) { return record(registry, std::span(&what, 1)); }

Result<> LedgerKeeper::record(Registry& registry, std::span<const Record> what) {
    if (refused_)
        return std::unexpected(*refused_);
    if (auto written = ledger_->append(what); !written) {
        growIfNeeded(registry, bytesOf(what));
        written.error().words += growing_ ? ": a greater one is being made, try again" : ": finish or discard sessions";
        return written;
    }
    for (const Record& each : what)
        registry.apply(each);
    growIfNeeded(registry);
    return {};
}

void LedgerKeeper::settle(Registry& registry, const Record& what) {
    (void)ledger_->append(what);
    registry.apply(what);
}

void LedgerKeeper::growIfNeeded(const Registry& registry, std::size_t wanted) {
    auto limit = std::min(std::max(ledger_->capacity() / 4 * 3, growAt_), ledger_->capacity());
    if (growing_ || ledger_->used() + wanted < limit)
        return;
    growing_ = true;
    auto successor = std::make_shared<Successor>();
    workers_.run(
        ownKey,
        [this, successor, generation = ledger_->generation() + 1, size = sizeFor(registry, wanted)] {
            auto bytes = maker_.make(size);
            if (!bytes)
                return;
            // A kexec may come before it is written: begun, it is one that was not finished, and counts for nothing.
            auto ledger = Ledger::begin(std::move(*bytes), generation);
            if (!ledger)
                return;
            successor->marker = makeMarker(ledger->fd(), generation);
            successor->ledger.emplace(std::move(*ledger));
        },
        [this, successor, &registry] { finishGrowing(registry, *successor); });
}

void LedgerKeeper::finishGrowing(const Registry& registry, Successor& successor) {
    growing_ = false;
    // So that a ledger that cannot grow does not cost all of this at every change.
    growAt_ = ledger_->used() + ledger_->capacity() / 16;
    // A ledger that had a marker is not given up for one that has none: better full than forgotten at the next kexec.
    if (!successor.ledger || (marker_ && !successor.marker.fd) || !write(*successor.ledger, registry))
        return;
    if (putAway(std::move(*successor.ledger), std::move(successor.marker.fd)))
        growAt_ = 0;
}

} // namespace luod::core
