// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/ledger.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <zlib.h>

namespace luod::core {
namespace {

constexpr std::string_view magic = "LUODLDGR";
constexpr std::size_t headerSize = 64, crcOffset = 24, frameHead = 8;
constexpr char endByte = '\xE5';

template <typename T> void putLe(std::string& out, std::size_t at, T n) {
    for (std::size_t i = 0; i < sizeof n; ++i)
        out[at + i] = static_cast<char>(n >> (8 * i));
}

template <typename T> T getLe(std::string_view in, std::size_t at) {
    T n = 0;
    for (std::size_t i = 0; i < sizeof n; ++i)
        n |= T(static_cast<unsigned char>(in[at + i])) << (8 * i);
    return n;
}

std::uint32_t crc(std::string_view bytes, std::uint32_t before = 0) {
    return std::uint32_t(crc32_z(before, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

// Each byte is like the one before it: a ledger's tail is long, and is looked at at every start.
bool allZero(std::string_view bytes) {
    return bytes.empty() || (bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

void appendFrame(const Record& record, std::string& out) {
    std::size_t start = out.size();
    out.append(frameHead, '\0');
    encode(record, out);
    auto payload = std::string_view(out).substr(start + frameHead);
    putLe(out, start, std::uint32_t(payload.size()));
    putLe(out, start + 4, crc(payload));
    out += endByte;
}

std::string header(std::uint64_t generation) {
    std::string out(headerSize, '\0');
    out.replace(0, magic.size(), magic);
    putLe(out, 8, Ledger::formatVersion);
    putLe(out, 16, generation);
    putLe(out, crcOffset, crc(std::string_view(out).substr(0, crcOffset)));
    return out;
}

struct Header {
    std::uint64_t generation;
    std::uint32_t version;
};

Result<Header> readHeader(std::string_view all) {
    if (all.size() < headerSize || !all.starts_with(magic))
        return fail(Errc::LedgerTrouble, "what was handed on as the ledger is not one");
    if (getLe<std::uint32_t>(all, crcOffset) != crc(all.substr(0, crcOffset)))
        return fail(Errc::LedgerTrouble, "the ledger is corrupt: its header does not add up");
    auto version = getLe<std::uint32_t>(all, 8);
    if (version > Ledger::formatVersion)
        return fail(Errc::LedgerTrouble,
                    fmt::format("the ledger was written by a newer luod (format {}; this one reads up to {}): start that "
                                "luod again. Nothing was changed",
                                version, Ledger::formatVersion));
    return Header{getLe<std::uint64_t>(all, 16), version};
}

struct Frame {
    enum { Whole, End, Torn, Corrupt } what;
    std::string_view payload;
    std::size_t size = 0;
};

// Whether a frame is whole but for its length: then it was written to its end and damaged later, not torn.
bool onlyLengthIsWrong(std::string_view rest) {
    auto wanted = getLe<std::uint32_t>(rest, 4);
    rest.remove_prefix(frameHead);
    std::uint32_t sum = 0;
    for (std::size_t end; (end = rest.find(endByte)) != rest.npos; rest.remove_prefix(end + 1)) {
        sum = crc(rest.substr(0, end), sum);
        if (sum == wanted)
            return true;
        sum = crc(rest.substr(end, 1), sum);
    }
    return false;
}

Frame frameAt(std::string_view all, std::size_t at) {
    if (at >= all.size())
        return {Frame::End, {}};
    auto rest = all.substr(at);
    if (rest.size() <= frameHead)
        return {allZero(rest) ? Frame::End : Frame::Torn, {}};
    std::size_t length = getLe<std::uint32_t>(rest, 0);
    if (length == 0 && allZero(rest.substr(0, frameHead)))
        return {allZero(rest) ? Frame::End : Frame::Corrupt, {}};
    std::size_t size = frameHead + length + 1;
    // A frame too long to be there: its length was torn, or it is nonsense. Torn writes leave zeros behind; one that lacks
    // nothing but its end byte has the right length.
    if (length == 0 || size > rest.size() || rest[size - 1] == 0) {
        auto behind = rest.substr(std::min(size - 1, rest.size()));
        bool torn = size <= rest.size() ? allZero(behind) : allZero(rest.substr(frameHead));
        return {torn && !onlyLengthIsWrong(rest) ? Frame::Torn : Frame::Corrupt, {}};
    }
    auto payload = rest.substr(frameHead, length);
    if (rest[size - 1] != endByte || getLe<std::uint32_t>(rest, 4) != crc(payload))
        return {Frame::Corrupt, {}};
    return {Frame::Whole, payload, size};
}

} // namespace

Ledger::Ledger(std::unique_ptr<LedgerBytes> bytes, std::uint64_t generation, std::uint32_t version)
    : bytes_(std::move(bytes)), generation_(generation), version_(version), end_(headerSize) {}

Result<Ledger> Ledger::begin(std::unique_ptr<LedgerBytes> bytes, std::uint64_t generation) {
    Ledger ledger(std::move(bytes), generation, formatVersion);
    if (auto written = ledger.bytes_->write(0, header(generation)); !written)
        return fail(Errc::LedgerTrouble, fmt::format("the ledger cannot be begun: {}", std::strerror(written.error())),
                    written.error());
    return ledger;
}

Result<Ledger> Ledger::open(std::unique_ptr<LedgerBytes> bytes, const std::function<void(Record&&)>& replay) {
    auto all = bytes->read();
    if (!all)
        return fail(Errc::LedgerTrouble, fmt::format("the ledger cannot be read: {}", std::strerror(all.error())),
                    all.error());
    auto header = readHeader(*all);
    if (!header)
        return std::unexpected(header.error());
    Ledger ledger(std::move(bytes), header->generation, header->version);
    for (;;) {
        Frame frame = frameAt(*all, ledger.end_);
        if (frame.what == Frame::End)
            return ledger;
        if (frame.what == Frame::Torn) {
            ledger.torn_ = true;
            ledger.unclean_ = all->substr(ledger.end_).find_last_not_of('\0') + 1;
            if (auto wiped = ledger.wipe(); !wiped)
                return std::unexpected(wiped.error());
            return ledger;
        }
        auto record = frame.what == Frame::Whole ? decode(frame.payload) : std::nullopt;
        if (!record)
            return fail(Errc::LedgerTrouble,
                        fmt::format("the ledger is corrupt at byte {}: nothing of it is used and nothing was changed",
                                    ledger.end_));
        ledger.complete_ = ledger.complete_ || std::holds_alternative<SnapshotComplete>(*record);
        ledger.end_ += frame.size;
        replay(std::move(*record));
    }
}

Result<> Ledger::append(const Record& record) {
    return append(std::span(&record, 1));
}

Result<> Ledger::append(std::span<const Record> records) {
    buffer_.clear();
    for (const Record& record : records)
        appendFrame(record, buffer_);
    return write(buffer_);
}

Result<> Ledger::write(const std::string& frames) {
    if (frames.size() > bytes_->size() - end_)
        return fail(Errc::LedgerTrouble,
                    fmt::format("the ledger is full ({} of {} bytes)", end_, bytes_->size()));
    if (auto clean = wipe(); !clean)
        return clean;
    if (auto written = bytes_->write(end_, frames); !written) {
        // Leave no half frame for the next start to puzzle over; where even that fails, it is seen as torn.
        unclean_ = frames.size();
        (void)wipe();
        return fail(Errc::LedgerTrouble, fmt::format("the ledger cannot be written: {}", std::strerror(written.error())),
                    written.error());
    }
    end_ += frames.size();
    return {};
}

Result<> Ledger::wipe() {
    if (unclean_ == 0)
        return {};
    if (auto wiped = bytes_->write(end_, std::string(unclean_, '\0')); !wiped)
        return fail(Errc::LedgerTrouble, fmt::format("the ledger cannot be written: {}", std::strerror(wiped.error())),
                    wiped.error());
    unclean_ = 0;
    return {};
}

} // namespace luod::core
