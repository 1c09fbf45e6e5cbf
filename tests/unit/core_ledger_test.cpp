// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/ledger.hpp"
#include "unit/core_life.hpp"
#include "unit/core_samples.hpp"

#include <zlib.h>

namespace luod::test {
namespace {

class LedgerTest : public testing::Test {
protected:
    struct Opened {
        std::optional<Ledger> ledger;
        Error error{};
        std::vector<Record> records;
    };

    Ledger begin(std::size_t size = 1 << 13, std::uint64_t generation = 7) {
        auto bytes = maker.empty(size);
        file = dupOf(bytes->fd());
        return std::move(*Ledger::begin(std::move(bytes), generation));
    }
    Opened open() {
        Opened opened;
        auto ledger = Ledger::open(std::make_unique<FakeLedgerBytes>(script, dupOf(file.get())),
                                   [&](Record&& record) { opened.records.push_back(std::move(record)); });
        if (ledger)
            opened.ledger.emplace(std::move(*ledger));
        else
            opened.error = ledger.error();
        return opened;
    }
    std::string all() const { return contentOf(file.get()); }
    void overwrite(const std::string& bytes) { (void)!::pwrite(file.get(), bytes.data(), bytes.size(), 0); }

    static std::string encoded(std::span<const Record> records) {
        std::string bytes;
        for (const Record& record : records)
            encode(record, bytes);
        return bytes;
    }
    // Offsets at which frames begin, and the end of the last.
    std::vector<std::size_t> frames(const std::vector<Record>& records) {
        std::vector<std::size_t> at{64};
        for (const Record& record : records)
            at.push_back(at.back() + 8 + encoded({&record, 1}).size() + 1);
        return at;
    }

    static void sign(std::string& bytes, std::size_t at, const std::string& what) {
        auto crc = crc32(0, reinterpret_cast<const unsigned char*>(what.data()), unsigned(what.size()));
        for (std::size_t i = 0; i < 4; ++i)
            bytes[at + i] = char(crc >> (8 * i));
    }

    Script script;
    FakeLedgerMaker maker{script};
    UniqueFd file;
    std::vector<Record> records = sampleRecords();
};

TEST_F(LedgerTest, GivesBackWhatWasAppendedInOrder) {
    auto ledger = begin();
    EXPECT_FALSE(ledger.complete());
    for (const Record& record : records)
        ASSERT_TRUE(ledger.append(record));
    auto again = open();
    ASSERT_TRUE(again.ledger) << again.error.words;
    EXPECT_EQ(encoded(again.records), encoded(records));
    EXPECT_EQ(again.ledger->generation(), 7u);
    EXPECT_EQ(again.ledger->used(), ledger.used());
    EXPECT_EQ(again.ledger->used(), frames(records).back());
    EXPECT_EQ(again.ledger->capacity(), std::size_t(1 << 13));
    EXPECT_TRUE(again.ledger->complete());
    EXPECT_FALSE(again.ledger->wasTorn());
    ASSERT_TRUE(again.ledger->append(SessionGone{5}));
    EXPECT_EQ(open().records.size(), records.size() + 1);
}

TEST_F(LedgerTest, IsIncompleteUntilItsSnapshotIs) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records[1]));
    EXPECT_FALSE(open().ledger->complete());
    ASSERT_TRUE(ledger.append(SnapshotComplete{}));
    EXPECT_TRUE(open().ledger->complete());
}

TEST_F(LedgerTest, WritesABatchAtOnce) {
    auto ledger = begin();
    auto before = FakeLedgerBytes::writes;
    ASSERT_TRUE(ledger.append(records));
    EXPECT_EQ(FakeLedgerBytes::writes, before + 1);
    EXPECT_EQ(encoded(open().records), encoded(records));
}

TEST_F(LedgerTest, TornAtEveryByteOfTheLastFrameIsWipedAndThenAppendsAgain) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records));
    auto whole = all();
    auto at = frames(records);
    // A record of each kind is the last one in its turn.
    for (std::size_t last = 0; last < records.size(); ++last)
        for (std::size_t cut = at[last]; cut < at[last + 1]; ++cut) {
            auto torn = whole.substr(0, cut);
            torn.resize(whole.size(), '\0');
            overwrite(torn);
            auto got = open();
            ASSERT_TRUE(got.ledger) << "cut at " << cut << ": " << got.error.words;
            ASSERT_EQ(got.records.size(), last) << "cut at " << cut;
            bool leftAny = torn.find_first_not_of('\0', at[last]) != torn.npos;
            ASSERT_EQ(got.ledger->wasTorn(), leftAny) << "cut at " << cut;
            ASSERT_EQ(all().find_first_not_of('\0', at[last]), std::string::npos) << "cut at " << cut;
            ASSERT_TRUE(got.ledger->append(SessionGone{4}));
            auto again = open();
            ASSERT_TRUE(again.ledger) << "cut at " << cut << ": " << again.error.words;
            ASSERT_EQ(again.records.size(), last + 1);
            ASSERT_FALSE(again.ledger->wasTorn());
        }
}

TEST_F(LedgerTest, AFlippedByteIsCorruptAndNothingIsWritten) {
    records = {BootNoted{"b", "7", 1, 70000, Handover::Done}, SessionAdded{sampleSession(1)},
               FileAnnotated{1, 2, std::string(300, 'n'), {}}, SessionGone{1}};
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records));
    auto whole = all();
    auto end = frames(records).back();
    for (std::size_t at = 0; at < end; ++at) {
        if (at >= 28 && at < 64)
            continue; // nothing is said there
        for (int change : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff, int(std::uint8_t(whole[at]))}) {
            auto flipped = whole;
            flipped[at] = char(flipped[at] ^ change);
            if (flipped == whole || (at == end - 1 && flipped[at] == 0))
                continue; // the very last byte not written: torn is what that looks like
            overwrite(flipped);
            auto got = open();
            ASSERT_FALSE(got.ledger) << "byte " << at << " ^ " << change;
            ASSERT_EQ(got.error.code, Errc::LedgerTrouble);
            ASSERT_TRUE(all() == flipped) << "byte " << at << " ^ " << change;
        }
    }
}

TEST_F(LedgerTest, SomethingBehindTheEndIsCorrupt) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records[2]));
    auto bytes = all();
    bytes[bytes.size() / 2] = 1;
    overwrite(bytes);
    EXPECT_NE(open().error.words.find("corrupt"), std::string::npos);
    EXPECT_TRUE(all() == bytes);
}

TEST_F(LedgerTest, ARecordOfAnUnknownKindIsCorrupt) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(SessionGone{1}));
    // The same frame as a later luod might write it without a new format number.
    auto bytes = all();
    bytes[72] = 99;
    sign(bytes, 68, bytes.substr(72, 2));
    overwrite(bytes);
    EXPECT_NE(open().error.words.find("corrupt at byte 64"), std::string::npos) << open().error.words;
}

TEST_F(LedgerTest, ANewerFormatIsRefusedAndSaysWhatToDo) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records));
    auto bytes = all();
    bytes[8] = 4;
    sign(bytes, 24, bytes.substr(0, 24));
    overwrite(bytes);
    auto got = open();
    ASSERT_FALSE(got.ledger);
    EXPECT_EQ(got.error.code, Errc::LedgerTrouble);
    EXPECT_NE(got.error.words.find("newer luod (format 4; this one reads up to 3)"), std::string::npos)
        << got.error.words;
    EXPECT_TRUE(got.records.empty());
    EXPECT_TRUE(all() == bytes);
}

TEST_F(LedgerTest, SomethingElseIsNoLedger) {
    for (std::string other : {std::string(), std::string("LUODLDGR"), std::string(63, 'x'), std::string(4096, 'x'),
                              std::string(4096, '\0'), "ELF" + std::string(4096, '\0')}) {
        file = memfd(other);
        auto got = open();
        ASSERT_FALSE(got.ledger);
        EXPECT_EQ(got.error.code, Errc::LedgerTrouble);
        EXPECT_NE(got.error.words.find("not one"), std::string::npos) << got.error.words;
        EXPECT_TRUE(all() == other);
    }
}

TEST_F(LedgerTest, UnreadableAndUnwritableBytesAreReported) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records));
    script.fail("read", EIO);
    EXPECT_EQ(open().error.err, EIO);
    auto bytes = all();
    auto torn = bytes;
    torn[frames(records).back() - 1] = 0;
    overwrite(torn);
    script.fail("write", EPERM);
    EXPECT_EQ(open().error.err, EPERM) << "the torn end has to be wiped";
    script.fail("write", ENOSPC);
    auto begun = Ledger::begin(maker.empty(4096), 1);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, begun, "cannot be begun"));
}

TEST_F(LedgerTest, FullIsAnErrorAndNothingIsWritten) {
    auto ledger = begin(256);
    Record record = SessionLent{1};
    while (ledger.append(record)) {
    }
    auto before = all();
    EXPECT_GT(ledger.used() + 8 + 2 + 1, 256u) << "it takes what there is room for";
    auto answer = ledger.append(record);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, answer, "full"));
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, ledger.append(records), "full"));
    EXPECT_TRUE(all() == before);
    auto got = open();
    ASSERT_TRUE(got.ledger);
    EXPECT_EQ(got.records.size(), (256 - 64) / 11u);
}

TEST_F(LedgerTest, IsFilledToItsLastByteAndOpened) {
    auto ledger = begin(64 + 3 * 11);
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(ledger.append(SessionLent{1}));
    EXPECT_EQ(ledger.used(), ledger.capacity());
    EXPECT_EQ(open().records.size(), 3u);
}

TEST_F(LedgerTest, AFailedWriteLeavesNoHalfFrame) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records));
    auto before = all();
    FakeLedgerBytes::tornAfter = 20;
    script.fail("write", EIO);
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, ledger.append(records[1])));
    EXPECT_TRUE(all() == before);
    ASSERT_TRUE(ledger.append(records[2]));
    EXPECT_EQ(open().records.size(), records.size() + 1);
}

TEST_F(LedgerTest, AHalfFrameThatCannotBeWipedAtOnceIsWipedLater) {
    auto ledger = begin();
    ASSERT_TRUE(ledger.append(records));
    FakeLedgerBytes::tornAfter = 40;
    script.fail("write", EIO, 0, 2); // the record, and the wiping
    EXPECT_FALSE(ledger.append(records[1]));
    script.fail("write", EIO);
    EXPECT_FALSE(ledger.append(SessionGone{1})) << "nothing is written before it is clean";
    ASSERT_TRUE(ledger.append(SessionGone{1}));
    auto got = open();
    ASSERT_TRUE(got.ledger) << got.error.words;
    EXPECT_EQ(got.records.size(), records.size() + 1);
    EXPECT_FALSE(got.ledger->wasTorn());
}

} // namespace
} // namespace luod::test
