// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// One of everything that a ledger can hold, no field at its default.

#include "core/records.hpp"

#include <limits>

namespace luod::test {

using namespace luod::core;

inline std::vector<Value> sampleValues() {
    std::vector<Value> values;
    auto both = [&]<typename T>(T) {
        values.emplace_back(std::numeric_limits<T>::min());
        values.emplace_back(std::numeric_limits<T>::max());
        values.emplace_back(T(1));
    };
    both(false), both(std::uint8_t()), both(std::int16_t()), both(std::uint16_t()), both(std::int32_t()),
        both(std::uint32_t());
    both(std::int64_t()), both(std::uint64_t()), both(double());
    values.emplace_back(std::int64_t(-1));
    values.emplace_back(-0.25);
    values.emplace_back(std::string());
    values.emplace_back(std::string("text with a \0 in it", 19));
    values.emplace_back(std::vector<std::uint8_t>{});
    values.emplace_back(std::vector<std::uint8_t>{0, 127, 128, 255});
    values.emplace_back(std::vector<std::string>{});
    values.emplace_back(std::vector<std::string>{"", "two", std::string(200, 'x')});
    return values;
}

inline File sampleFile(Token token) {
    Metadata metadata;
    for (const Value& value : sampleValues())
        metadata.emplace("key" + std::to_string(metadata.size()), value);
    return {.token = token,
            .name = "file" + std::to_string(token),
            .kind = FileKind::VfioCdev,
            .state = FileState::Preserved,
            .byOwner = true,
            .seals = 0x3f,
            .size = 1ULL << 40,
            .identity = {3, 1000 + token},
            .pciAddress = "0000:00:1f.2",
            .driver = "vfio-pci",
            .metadata = metadata};
}

inline Session sampleSession(SessionId id) {
    return {.id = id,
            .owner = 4294967294,
            .direction = Direction::Incoming,
            .state = SessionState::Lost,
            .lent = true,
            .created = 1234567890123456,
            .name = "session" + std::to_string(id),
            .kernelName = "luod.4294967294.s",
            .unit = "vm.service"};
}

inline Update sampleUpdate(const std::string& uuid) {
    return {.uuid = uuid,
            .mode = UpdateMode::Direct,
            .from = "7.3.4",
            .to = "7.4.0",
            .reason = "security fix",
            .forced = {"inhibitors", "versions"},
            .begun = 1234567890123456,
            .deadline = 99000000,
            .goOnWithoutLate = true,
            .shutdownAsked = true,
            .outcome = "done",
            .words = "all well",
            .moments = {{Milestone::Requested, "", 0, {1000, 2000}, ""},
                        {Milestone::Late, "slow", 1000, {3000, 4000}, "took too long"}}};
}

// What ledgers of format 1 can hold.
inline std::vector<Record> sampleRecordsOf1() {
    return {BootNoted{"0123-4567", "7.3.4", 300, 77, Handover::Partial},
            SessionAdded{sampleSession(5)},
            SessionGone{1ULL << 63},
            SessionLent{300},
            SessionStateChanged{5, SessionState::Rebuilding},
            FilesListed{5, {sampleFile(1), File{}, sampleFile(std::numeric_limits<Token>::max())}},
            FilesPreserved{5, {1, 128, std::numeric_limits<Token>::max()}},
            FilesDropped{5, {1}},
            FileAnnotated{5, 1, "new name", sampleFile(1).metadata},
            FilesRetrieved{5, {2, 3}},
            SnapshotComplete{}};
}

// Of format 2, beside that.
inline std::vector<Record> sampleRecordsOf2() {
    auto records = sampleRecordsOf1();
    for (Record record : std::initializer_list<Record>{
             SessionCarried{5},
             ImageLoaded{{"u-1", "/boot/vmlinuz", "/boot/initrd", "7.4.0", "quiet luod.update=u-1", "0123-4567"}},
             ImageUnloaded{},
             InhibitorAdded{{7, 1000, 4242, InhibitMode::Block, 5000000, 1234567890123456, "vmm", "pause", "vm.service"}},
             InhibitorGone{6},
             UpdateReported{sampleUpdate("u-0")},
             UpdateArrived{"u-0"},
             VerdictMade{Handover::ColdBoot, "the machine was reset"},
             UpdateBegan{sampleUpdate("u-1")},
             UpdatePhase{Phase::Prepared, "7.4.1", 98000000},
             UpdateMoment{"u-1", {Milestone::Finished, "vm", 1000, {5000, 6000}, "vm.service"}},
             UpdateEnded{"aborted", "by command"}})
        records.push_back(std::move(record));
    return records;
}

inline std::vector<Record> sampleRecords() {
    auto records = sampleRecordsOf2();
    Session bound = sampleSession(6);
    bound.carried = bound.boundToUnit = true;
    bound.label = "system_u:system_r:svirt_t:s0";
    records.push_back(SessionAdded{bound});
    File device = sampleFile(128);
    device.device = {"511:0", "../../devices/pci0000:00/0000:00:1f.2/vfio-dev/vfio0"};
    records.emplace_back(FilesListed{5, {device}});
    records.emplace_back(FilesInvalidated{5, {128}});
    return records;
}

} // namespace luod::test
