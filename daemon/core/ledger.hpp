// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The append-only log of records in one memfd.
//
// Layout, little-endian. Header, 64 bytes: "LUODLDGR", u32 format version, u32 0, u64 generation, u32 CRC-32 of the 24
// bytes before it, zeros. Then frames: u32 length of the record, u32 its CRC-32, the record (records.hpp), one byte 0xE5.
// After the last frame there are only zeros.
//
// A frame is written by one call, front to back. If luod is killed in it, its end byte is still zero and so is all that
// follows: such a frame is torn, was never acknowledged, and is wiped (unless its CRC fits what is there: then only its
// length is wrong, which no kill does). Any other frame that does not add up means that the ledger is corrupt, and then
// nothing of it is believed and nothing is written to it.
//
// A live update needs a complete ledger: SnapshotComplete says that everything the ledger before it held is in.

#include "core/error.hpp"
#include "core/ports.hpp"
#include "core/records.hpp"

#include <functional>
#include <memory>
#include <span>

namespace luod::core {

class Ledger {
public:
    // 1: before there were records of live updates; 2: before sessions had units and labels to be held against, and before
    // devices could be unplugged
    static constexpr std::uint32_t formatVersion = 3;

    // Begins a new one in empty bytes.
    static Result<Ledger> begin(std::unique_ptr<LedgerBytes> bytes, std::uint64_t generation);

    // Reads what is there, record by record, and is then ready to be appended to. Errors: LedgerTrouble, in words: not a
    // ledger, newer, corrupt.
    static Result<Ledger> open(std::unique_ptr<LedgerBytes> bytes, const std::function<void(Record&&)>& replay);

    // Errors: LedgerTrouble (full: begin a greater one; or the write failed). Then nothing was written.
    Result<> append(const Record& record);
    Result<> append(std::span<const Record> records); // in one write: all or, if killed in it, the first few

    std::uint64_t generation() const { return generation_; }
    bool isOldFormat() const { return version_ < formatVersion; }
    bool complete() const { return complete_; }
    bool wasTorn() const { return torn_; }
    std::size_t used() const { return end_; }
    std::size_t capacity() const { return bytes_->size(); }
    // What keeps fd() open, for whoever works with it beside the loop while this ledger may be followed by another.
    std::shared_ptr<const LedgerBytes> bytes() const { return bytes_; }
    int fd() const { return bytes_->fd(); }

private:
    Ledger(std::unique_ptr<LedgerBytes> bytes, std::uint64_t generation, std::uint32_t version);
    Result<> write(const std::string& frames);
    Result<> wipe();

    std::shared_ptr<LedgerBytes> bytes_;
    std::uint64_t generation_;
    std::uint32_t version_;
    std::size_t end_;
    std::size_t unclean_ = 0; // bytes behind the end that may hold half a frame
    bool complete_ = false, torn_ = false;
    std::string buffer_; // kept to save an allocation for each record
};

} // namespace luod::core
