// SPDX-License-Identifier: LGPL-2.1-or-later

// Ledgers of every format that was ever in use are read by every later luod. golden/ledger-v1.bin is one of format 1
// and is never written again; for a new format make a new one: core_tests --gtest_filter=GoldenLedger.* with
// LUOD_WRITE_GOLDEN=FILE in the environment writes what this luod would.

#include "core/ledger.hpp"
#include "core/registry.hpp"
#include "unit/core_life.hpp"
#include "unit/core_samples.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace luod::test {
namespace {

std::vector<Record> history() {
    auto records = sampleRecords();
    records.push_back(SessionAdded{Session{.id = 80,
                                           .owner = 1000,
                                           .created = 1700000000000000,
                                           .name = "vm",
                                           .kernelName = "luod.1000.vm",
                                           .unit = "vm.service"}});
    records.push_back(FilesListed{80, {sampleFile(1), sampleFile(2), sampleFile(3)}});
    records.push_back(FilesPreserved{80, {1, 2}});
    records.push_back(FilesDropped{80, {3}});
    records.push_back(FileAnnotated{80, 2, "renamed", {{"slot", std::uint32_t(7)}}});
    records.push_back(SessionLent{80});
    return records;
}

std::string bytesOf(const std::vector<Record>& records) {
    std::string bytes;
    for (const Record& record : records)
        encode(record, bytes);
    return bytes;
}

TEST(GoldenLedger, OfFormat1IsReadToItsState) {
    Script script;
    FakeLedgerMaker maker(script);
    if (const char* path = std::getenv("LUOD_WRITE_GOLDEN")) {
        auto ledger = Ledger::begin(maker.empty(8192), 42);
        ASSERT_TRUE(ledger->append(history()));
        std::ofstream(path, std::ios::binary) << contentOf(ledger->fd()).substr(0, ledger->used());
    }
    std::ifstream in(std::string(GOLDEN_DIR) + "/ledger-v1.bin", std::ios::binary);
    std::string golden{std::istreambuf_iterator<char>(in), {}};
    ASSERT_FALSE(golden.empty()) << GOLDEN_DIR;
    std::vector<Record> records;
    Registry registry;
    auto ledger = Ledger::open(std::make_unique<FakeLedgerBytes>(script, memfd(golden)), [&](Record&& record) {
        registry.apply(record);
        records.push_back(std::move(record));
    });
    ASSERT_TRUE(ledger) << ledger.error().words;
    EXPECT_EQ(ledger->generation(), 42u);
    EXPECT_TRUE(ledger->complete());
    EXPECT_FALSE(ledger->wasTorn());
    EXPECT_TRUE(bytesOf(records) == bytesOf(history()));

    const Session* vm = registry.find(1000, Direction::Outgoing, "vm");
    ASSERT_TRUE(vm);
    EXPECT_EQ(vm->id, 80u);
    EXPECT_TRUE(vm->lent);
    EXPECT_EQ(vm->unit, "vm.service");
    EXPECT_EQ(vm->files.size(), 2u);
    EXPECT_EQ(vm->files.at(1).state, FileState::Preserved);
    EXPECT_EQ(vm->files.at(1).metadata, sampleFile(1).metadata);
    EXPECT_EQ(vm->files.at(2).name, "renamed");
    EXPECT_EQ(std::get<std::uint32_t>(vm->files.at(2).metadata.at("slot")), 7u);
    EXPECT_EQ(registry.boot().release, "7.3.4");
    EXPECT_EQ(registry.nextId(), 81u);
}

// What this luod writes is the format it says: a change of it is a new format number and a new golden file.
TEST(GoldenLedger, OfFormat1IsWhatThisLuodWrites) {
    ASSERT_EQ(Ledger::formatVersion, 1u);
    Script script;
    FakeLedgerMaker maker(script);
    auto ledger = Ledger::begin(maker.empty(8192), 42);
    ASSERT_TRUE(ledger->append(history()));
    std::ifstream in(std::string(GOLDEN_DIR) + "/ledger-v1.bin", std::ios::binary);
    std::string golden{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(contentOf(ledger->fd()).substr(0, ledger->used()) == golden);
}

} // namespace
} // namespace luod::test
