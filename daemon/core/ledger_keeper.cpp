// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/ledger_keeper.hpp"

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

} // namespace

LedgerKeeper::LedgerKeeper(Luo& luo, FdStore& store, LedgerMaker& maker, Workers& workers, std::size_t firstSize)
    : luo_(luo), store_(store), maker_(maker), workers_(workers), firstSize_(firstSize) {}

// Four times what is known now, so that the cost of beginning anew, spread over the changes between, is constant.
std::size_t LedgerKeeper::sizeFor(const Registry& registry) const {
    std::size_t bytes = 0;
    std::string scratch;
    registry.snapshot([&](const Record& record) {
        scratch.clear();
        encode(record, scratch);
        bytes += scratch.size() + 16;
    });
    constexpr std::size_t page = 4096;
    return (std::max(firstSize_, 4 * bytes) + page - 1) / page * page;
}

LedgerKeeper::Marker LedgerKeeper::makeMarker(int ledgerFd, std::uint64_t generation) {
    // The name of the generation before may still be in use: the old marker is let go only after this one is put away.
    for (std::uint64_t attempt : {0, 1}) {
        auto session = luo_.createSession(std::string(markerNames[(generation + attempt) % 2]));
        if (!session && session.error() == EEXIST && attempt == 0)
            continue;
        if (!session)
            return {{}, session.error()};
        auto preserved = luo_.preserve(session->get(), ledgerFd, ledgerToken);
        if (!preserved)
            return {{}, preserved.error()};
        return {std::move(*session), 0};
    }
    return {{}, EEXIST};
}

Result<Ledger> LedgerKeeper::write(std::unique_ptr<LedgerBytes> bytes, const Registry& registry, std::uint64_t generation) {
    auto ledger = Ledger::begin(std::move(bytes), generation);
    if (!ledger)
        return ledger;
    Result<> written;
    registry.snapshot([&](const Record& record) {
        if (written)
            written = ledger->append(record);
    });
    if (!written)
        return std::unexpected(written.error());
    return ledger;
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
    auto marker = makeMarker((*bytes)->fd(), generation);
    if (marker.err == EEXIST) { // both names are taken by what a luod that was killed left: wait until that is let go
        (void)store_.settle();
        marker = makeMarker((*bytes)->fd(), generation);
    }
    auto ledger = write(std::move(*bytes), registry, generation);
    if (!ledger)
        return std::unexpected(ledger.error());
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

Result<> LedgerKeeper::record(Registry& registry, const Record& what) { return record(registry, std::span(&what, 1)); }

Result<> LedgerKeeper::record(Registry& registry, std::span<const Record> what) {
    if (refused_)
        return std::unexpected(*refused_);
    if (auto written = ledger_->append(what); !written) {
        growIfNeeded(registry);
        return written;
    }
    for (const Record& each : what)
        registry.apply(each);
    growIfNeeded(registry);
    return {};
}

void LedgerKeeper::growIfNeeded(const Registry& registry) {
    if (growing_ || ledger_->used() < ledger_->capacity() / 4 * 3)
        return;
    growing_ = true;
    auto successor = std::make_shared<Successor>();
    auto generation = ledger_->generation() + 1;
    workers_.run(
        ownKey,
        [this, successor, generation, size = sizeFor(registry)] {
            if (auto bytes = maker_.make(size); bytes) {
                successor->bytes = std::move(*bytes);
                successor->marker = makeMarker(successor->bytes->fd(), generation);
            }
        },
        [this, successor, generation, &registry] { finishGrowing(registry, *successor, generation); });
}

void LedgerKeeper::finishGrowing(const Registry& registry, Successor& successor, std::uint64_t generation) {
    growing_ = false;
    // A ledger that had a marker is not given up for one that has none: better full than forgotten at the next kexec.
    if (!successor.bytes || (marker_ && !successor.marker.fd))
        return;
    auto ledger = write(std::move(successor.bytes), registry, generation);
    if (ledger)
        (void)putAway(std::move(*ledger), std::move(successor.marker.fd));
}

} // namespace luod::core
