// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Keeps the ledger where it has to be: one copy of its memfd in the service manager's fd store (for the next luod), the
// same memfd preserved in a marker session of luod's own (for the next kernel), and a greater one begun before it is full.
//
// Generations: each ledger has a number, one more than the one before. "l5" is generation 5's memfd in the fd store, "m5"
// the marker session that preserves it. A new generation is put away completely before the old one is let go, so at
// every moment at least one complete ledger is in both places.

#include "core/ledger.hpp"
#include "core/registry.hpp"

#include <functional>
#include <string>

namespace luod::core {

class LedgerKeeper {
public:
    LedgerKeeper(Luo& luo, FdStore& store, LedgerMaker& maker, Workers& workers, std::size_t firstSize);

    // A new ledger of everything in the registry. Blocks; for the start, before the loop runs. Where there is no live
    // update, the ledger goes without a marker; but one resumed that has a marker stays where the new one gets none.
    // Errors: LedgerTrouble.
    Result<> begin(const Registry& registry, std::uint64_t generation);
    // The ledger that the luod before this one left in the fd store. `marker` may be empty.
    void resume(Ledger ledger, UniqueFd marker);

    // Writes down, then applies. Errors: LedgerTrouble; then the registry is as before.
    Result<> record(Registry& registry, const Record& what);
    Result<> record(Registry& registry, std::span<const Record> what);

    // At the start, before the loop runs: what is so already, whether or not it can be written down now; where not, the
    // next start finds it out again.
    void settle(Registry& registry, const Record& what);

    // Refuse every change from here on, and say why.
    void refuse(Error why) { refused_ = std::move(why); }
    const std::optional<Error>& refusal() const { return refused_; }

    bool hasMarker() const { return bool(marker_); }
    // What of it lies in the fd store: name and fd.
    void forEachStored(const std::function<void(const std::string&, int)>& f) const;
    // For worker threads: makes the marker if there is none, before the first session that would need it. The result goes
    // to adoptMarker() on the loop.
    struct Marker {
        UniqueFd fd;
        int err = 0;
    };
    Marker makeMarker(int ledgerFd, std::uint64_t generation);
    void adoptMarker(UniqueFd fd);

    std::shared_ptr<const LedgerBytes> bytes() const { return ledger_ ? ledger_->bytes() : nullptr; }
    std::uint64_t generation() const { return ledger_ ? ledger_->generation() : 0; }
    // An older luod would take what this one writes into it for damage, instead of calling it newer.
    bool isOldFormat() const { return ledger_ && ledger_->isOldFormat(); }
    bool isNearlyFull() const { return used() >= capacity() / 4 * 3; }
    std::size_t used() const { return ledger_ ? ledger_->used() : 0; }
    std::size_t capacity() const { return ledger_ ? ledger_->capacity() : 0; }

    static constexpr Token ledgerToken = 0;

private:
    struct Successor { // being made beside the loop
        std::optional<Ledger> ledger; // begun, but with nothing in it
        Marker marker;
    };

    // `wanted`: bytes that there was no room for.
    void growIfNeeded(const Registry& registry, std::size_t wanted = 0);
    void finishGrowing(const Registry& registry, Successor& successor);
    Result<> write(Ledger& ledger, const Registry& registry);
    Result<> putAway(Ledger ledger, UniqueFd marker);
    std::size_t sizeFor(const Registry& registry, std::size_t wanted = 0) const;

    Luo& luo_;
    FdStore& store_;
    LedgerMaker& maker_;
    Workers& workers_;
    std::size_t firstSize_;
    std::optional<Ledger> ledger_;
    UniqueFd marker_;
    std::optional<Error> refused_;
    bool growing_ = false;
    std::size_t growAt_ = 0; // after a failure not before so much is used
};

} // namespace luod::core
