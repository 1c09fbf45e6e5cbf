// SPDX-License-Identifier: LGPL-2.1-or-later

// Ledgers of every format that was ever in use are read by every later luod. golden/ledger-vN.bin is one of format N and is
// never written again; for a new format make a new one: core_tests --gtest_filter=GoldenLedger.* with
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

std::vector<Record> history(std::vector<Record> records) {
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

std::string golden(int format) {
    std::ifstream in(fmt::format("{}/ledger-v{}.bin", GOLDEN_DIR, format), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string written() {
    Script script;
    FakeLedgerMaker maker(script);
    auto ledger = Ledger::begin(maker.empty(16384), 42);
    EXPECT_TRUE(ledger->append(history(sampleRecords())));
    return contentOf(ledger->fd()).substr(0, ledger->used());
}

// Reads the golden ledger, holds it against what was written into it, and gives its state.
Registry stateOf(int format, const std::vector<Record>& expected) {
    Script script;
    std::vector<Record> records;
    Registry registry;
    auto bytes = golden(format);
    EXPECT_FALSE(bytes.empty()) << GOLDEN_DIR;
    auto ledger = Ledger::open(std::make_unique<FakeLedgerBytes>(script, memfd(bytes)), [&](Record&& record) {
        registry.apply(record);
        records.push_back(std::move(record));
    });
    EXPECT_TRUE(ledger) << ledger.error().words;
    if (ledger) {
        EXPECT_EQ(ledger->generation(), 42u);
        EXPECT_EQ(ledger->isOldFormat(), format < int(Ledger::formatVersion));
        EXPECT_TRUE(ledger->complete());
        EXPECT_FALSE(ledger->wasTorn());
    }
    EXPECT_TRUE(bytesOf(records) == bytesOf(expected));
    return registry;
}

void expectSessionOf1(const Registry& registry) {
    const Session* vm = registry.find(1000, Direction::Outgoing, "vm");
    ASSERT_TRUE(vm);
    EXPECT_EQ(vm->id, 80u);
    EXPECT_TRUE(vm->lent);
    EXPECT_FALSE(vm->carried);
    EXPECT_EQ(vm->unit, "vm.service");
    EXPECT_EQ(vm->files.size(), 2u);
    EXPECT_EQ(vm->files.at(1).state, FileState::Preserved);
    EXPECT_EQ(vm->files.at(1).metadata, sampleFile(1).metadata);
    EXPECT_EQ(vm->files.at(2).name, "renamed");
    EXPECT_EQ(std::get<std::uint32_t>(vm->files.at(2).metadata.at("slot")), 7u);
    EXPECT_EQ(registry.boot().release, "7.3.4");
    EXPECT_EQ(registry.nextId(), 81u);
}

TEST(GoldenLedger, OfFormat1IsReadToItsState) {
    auto registry = stateOf(1, history(sampleRecordsOf1()));
    expectSessionOf1(registry);
    EXPECT_EQ(registry.updates().phase(), Phase::Idle);
    EXPECT_TRUE(registry.updates().past().empty());
}

TEST(GoldenLedger, OfFormat2IsReadToItsState) {
    auto registry = stateOf(2, history(sampleRecordsOf2()));
    expectSessionOf1(registry);
    const UpdateLog& updates = registry.updates();
    EXPECT_EQ(registry.boot().handover, Handover::ColdBoot);
    EXPECT_EQ(updates.verdict(), "the machine was reset");
    EXPECT_FALSE(updates.image());
    ASSERT_TRUE(updates.inhibitors().contains(7));
    EXPECT_EQ(updates.inhibitors().at(7).who, "vmm");
    ASSERT_EQ(updates.past().size(), 2u);
    EXPECT_EQ(updates.past()[0].outcome, "cold-boot");
    EXPECT_EQ(updates.past()[1].outcome, "aborted");
    EXPECT_EQ(updates.past()[1].to, "7.4.1");
    EXPECT_EQ(updates.past()[1].moments.back().subject, "vm");
}

TEST(GoldenLedger, OfFormat3IsReadToItsState) {
    auto registry = stateOf(3, history(sampleRecords()));
    expectSessionOf1(registry);
    ASSERT_TRUE(registry.find(80) && registry.find(6));
    EXPECT_FALSE(registry.find(80)->boundToUnit);
    EXPECT_EQ(registry.find(80)->label, "");
    EXPECT_TRUE(registry.find(6)->boundToUnit);
    EXPECT_EQ(registry.find(6)->label, "system_u:system_r:svirt_t:s0");
    const Session& session = *registry.find(SessionId(5));
    EXPECT_EQ(session.invalid, 1u);
    EXPECT_EQ(session.files.at(128).state, FileState::Invalid);
    EXPECT_EQ(session.files.at(128).device.number, "511:0");
    EXPECT_EQ(session.files.at(128).device.path, "../../devices/pci0000:00/0000:00:1f.2/vfio-dev/vfio0");
}

TEST(GoldenLedger, ThereIsOneOfEveryFormat) {
    for (int format = 1; format <= int(Ledger::formatVersion); ++format)
        EXPECT_FALSE(golden(format).empty()) << format;
}

// What this luod writes is the format it says: a change of it is a new format number and a new golden file.
TEST(GoldenLedger, OfTheNewestFormatIsWhatThisLuodWrites) {
    ASSERT_EQ(Ledger::formatVersion, 3u);
    if (const char* path = std::getenv("LUOD_WRITE_GOLDEN"))
        std::ofstream(path, std::ios::binary) << written();
    EXPECT_TRUE(written() == golden(3));
}

} // namespace
} // namespace luod::test
