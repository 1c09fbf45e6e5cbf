// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/wire.hpp"
#include "unit/core_samples.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace luod::test {
namespace {

std::string bytes(const Record& record) {
    std::string out;
    encode(record, out);
    return out;
}

TEST(Records, EveryOneComesBackAsItWent) {
    std::set<std::size_t> types;
    for (const Record& record : sampleRecords()) {
        auto back = decode(bytes(record));
        ASSERT_TRUE(back) << record.index();
        EXPECT_EQ(back->index(), record.index());
        EXPECT_EQ(bytes(*back), bytes(record)) << record.index();
        types.insert(record.index());
    }
    EXPECT_EQ(types.size(), std::variant_size_v<Record>) << "a kind of record is missing in sampleRecords()";
}

TEST(Records, AFilesEveryFieldComesBack) {
    File file = sampleFile(9);
    auto back = decode(bytes(FilesListed{3, {file}}));
    ASSERT_TRUE(back);
    const auto& listed = std::get<FilesListed>(*back);
    ASSERT_EQ(listed.files.size(), 1u);
    const File& got = listed.files[0];
    EXPECT_EQ(std::tie(got.token, got.name, got.kind, got.state, got.byOwner, got.seals, got.size, got.identity,
                       got.pciAddress, got.driver, got.metadata),
              std::tie(file.token, file.name, file.kind, file.state, file.byOwner, file.seals, file.size, file.identity,
                       file.pciAddress, file.driver, file.metadata));
}

TEST(Records, ASessionsEveryFieldComesBack) {
    Session s = sampleSession(5);
    auto back = decode(bytes(SessionAdded{s}));
    ASSERT_TRUE(back);
    const Session& got = std::get<SessionAdded>(*back).session;
    EXPECT_EQ(std::tie(got.id, got.owner, got.direction, got.state, got.lent, got.created, got.name, got.kernelName,
                       got.unit, got.carried),
              std::tie(s.id, s.owner, s.direction, s.state, s.lent, s.created, s.name, s.kernelName, s.unit,
                       s.carried));
}

TEST(Records, AnUpdatesEveryFieldComesBack) {
    Update u = sampleUpdate("u");
    auto back = decode(bytes(UpdateBegan{u}));
    ASSERT_TRUE(back);
    const Update& got = std::get<UpdateBegan>(*back).update;
    EXPECT_EQ(std::tie(got.uuid, got.mode, got.from, got.to, got.reason, got.forced, got.begun, got.deadline,
                       got.goOnWithoutLate, got.shutdownAsked, got.outcome, got.words),
              std::tie(u.uuid, u.mode, u.from, u.to, u.reason, u.forced, u.begun, u.deadline, u.goOnWithoutLate,
                       u.shutdownAsked, u.outcome, u.words));
    ASSERT_EQ(got.moments.size(), 2u);
    const Moment &late = got.moments[1], &was = u.moments[1];
    EXPECT_EQ(std::tie(late.what, late.subject, late.owner, late.at.monotonic, late.at.wall, late.detail),
              std::tie(was.what, was.subject, was.owner, was.at.monotonic, was.at.wall, was.detail));
}

TEST(Records, AnInhibitorsEveryFieldComesBack) {
    Inhibitor i{7, 1000, 4242, InhibitMode::Block, 5, 6, "vmm", "pause", "vm.service"};
    auto back = decode(bytes(InhibitorAdded{i}));
    ASSERT_TRUE(back);
    const Inhibitor& got = std::get<InhibitorAdded>(*back).inhibitor;
    EXPECT_EQ(std::tie(got.id, got.uid, got.pid, got.mode, got.deadline, got.since, got.who, got.why, got.unit),
              std::tie(i.id, i.uid, i.pid, i.mode, i.deadline, i.since, i.who, i.why, i.unit));
}

TEST(Records, EveryKindOfMetadataValueComesBackAtItsLimits) {
    for (const Value& value : sampleValues()) {
        auto back = decode(bytes(FileAnnotated{1, 2, "n", {{"key", value}}}));
        ASSERT_TRUE(back) << value.index();
        EXPECT_EQ(std::get<FileAnnotated>(*back).metadata.at("key"), value) << value.index();
    }
}

TEST(Records, OnesCutOffAnywhereAreNothingOrShorter) {
    for (const Record& record : sampleRecords()) {
        auto whole = bytes(record);
        for (std::size_t cut = 0; cut < whole.size(); ++cut) {
            auto got = decode(std::string_view(whole).substr(0, cut));
            if (got) {
                EXPECT_EQ(got->index(), record.index());
            }
        }
        EXPECT_FALSE(decode(""));
    }
}

TEST(Records, RandomBytesAreNoTrouble) {
    auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::cout << "seed " << seed << '\n';
    std::mt19937 random(seed);
    for (int i = 0; i < 20000; ++i) {
        std::string noise(random() % 60, '\0');
        for (char& c : noise)
            c = char(random());
        if (!noise.empty() && i % 2)
            noise[0] = char(random() % std::variant_size_v<Record>);
        if (auto got = decode(noise)) {
            EXPECT_TRUE(decode(bytes(*got)));
        }
    }
}

TEST(Records, RandomlyChangedOnesAreNoTrouble) {
    auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::cout << "seed " << seed << '\n';
    std::mt19937 random(seed);
    auto samples = sampleRecords();
    for (int i = 0; i < 20000; ++i) {
        auto changed = bytes(samples[random() % samples.size()]);
        for (int n = 0; n < 3; ++n)
            changed[random() % changed.size()] = char(random());
        if (auto got = decode(changed)) {
            EXPECT_TRUE(decode(bytes(*got)));
        }
    }
}

TEST(Records, AnUnknownTypeIsNothing) {
    EXPECT_FALSE(decode(std::string(1, char(std::variant_size_v<Record>))));
    EXPECT_FALSE(decode("\x7f"));
    EXPECT_FALSE(decode("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
}

TEST(Records, EnumsAndBoolsOutOfRangeAreNothing) {
    std::string type(1, char(Record(SessionStateChanged{}).index()));
    EXPECT_TRUE(decode(type + "\x01\x02"));
    EXPECT_FALSE(decode(type + "\x01\x03"));
    std::string value(1, char(Record(FileAnnotated{}).index()));
    EXPECT_TRUE(decode(value + "\x01\x01" + std::string(1, '\0') + "\x01\x01k" + std::string(1, '\0') + "\x01"));
    EXPECT_FALSE(decode(value + "\x01\x01" + std::string(1, '\0') + "\x01\x01k" + std::string(1, '\0') + "\x02"));
    EXPECT_FALSE(decode(value + "\x01\x01" + std::string(1, '\0') + "\x01\x01k" + "\x7f" + "\x01"))
        << "no such alternative";
}

TEST(Records, NumbersTooGreatForTheirFieldAreNothing) {
    std::string type(1, char(Record(FileAnnotated{}).index()));
    std::string upTo = type + "\x01\x01" + std::string(1, '\0') + "\x01\x01k";
    EXPECT_TRUE(decode(upTo + "\x01\xff\x01"));      // byte 255
    EXPECT_FALSE(decode(upTo + "\x01\x80\x02"));     // byte 256
    EXPECT_FALSE(decode(upTo + "\x02\x80\x80\x04")); // int16 32768
    EXPECT_TRUE(decode(upTo + "\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    EXPECT_FALSE(decode(upTo + "\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")) << "65 bits";
    EXPECT_FALSE(decode(upTo + "\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")) << "without an end";
}

TEST(Records, ListsThatLieAboutTheirLengthAreNothing) {
    std::string preserved(1, char(Record(FilesPreserved{}).index()));
    EXPECT_TRUE(decode(preserved + "\x01\x02\x05\x06"));
    EXPECT_FALSE(decode(preserved + "\x01\x7f\x05\x06"));
    EXPECT_FALSE(decode(preserved + "\x01\x02\x05"));
    EXPECT_FALSE(decode(preserved + "\x01\x02\x85\x01")) << "enough bytes, but not enough items";
    std::string listed(1, char(Record(FilesListed{}).index()));
    EXPECT_FALSE(decode(listed + "\x01\x7f\x01\x01"));
    EXPECT_FALSE(decode(listed + "\x01\x02\x01\x01"));
    EXPECT_FALSE(decode(listed + "\x01\x01\x7f\x01"));
    std::string annotated(1, char(Record(FileAnnotated{}).index()));
    EXPECT_FALSE(decode(annotated + "\x01\x01\x05xyz")) << "a string";
    EXPECT_FALSE(decode(annotated + "\x01\x01\x01" + "a\x02\x01k\x05\x05")) << "two entries, but one is there";
    EXPECT_FALSE(decode(annotated + "\x01\x01\x01" + "a\x01\x01k")) << "a key without its value";
    EXPECT_FALSE(decode(annotated + "\x01\x01\x01" + "a\x01\x01k\x05")) << "a value without its content";
}

// As records.cpp says: fields are only ever appended.
TEST(Records, FieldsThatAnOlderWriterDidNotKnowAreAtTheirDefaults) {
    struct {
        Record record;
        std::size_t id;
    } rows[] = {{BootNoted{}, 0}, {SessionLent{}, 0}, {FilesListed{}, 1}, {FilesPreserved{}, 1}, {FileAnnotated{}, 1}};
    for (const auto& [record, id] : rows) {
        std::string older(1, char(record.index()));
        if (id)
            older += char(id);
        EXPECT_TRUE(decode(older)) << record.index();
    }
    auto file = decode(std::string(1, char(Record(FilesListed{}).index())) + "\x01\x01\x01\x07");
    ASSERT_TRUE(file);
    EXPECT_EQ(std::get<FilesListed>(*file).files.at(0).token, 7u);
    EXPECT_EQ(std::get<FilesListed>(*file).files.at(0).name, "");
    auto boot = decode(std::string(1, char(Record(BootNoted{}).index())));
    ASSERT_TRUE(boot);
    EXPECT_EQ(std::get<BootNoted>(*boot).nextId, 1u);
}

TEST(Records, FieldsThatANewerWriterAppendedArePassedOver) {
    for (const Record& record : sampleRecords()) {
        auto got = decode(bytes(record) + "\x05more\x01");
        ASSERT_TRUE(got) << record.index();
        EXPECT_EQ(bytes(*got), bytes(record));
    }
    std::string type(1, char(Record(FilesListed{}).index()));
    auto plain = bytes(FilesListed{1, {File{.token = 1}, File{.token = 2}}});
    std::string longer = plain.substr(0, 3);
    for (std::size_t at = 3; at < plain.size(); at += std::size_t(plain[at]) + 1) {
        auto item = plain.substr(at + 1, std::size_t(plain[at]));
        longer += char(item.size() + 2);
        longer += item + "xy";
    }
    auto got = decode(longer);
    ASSERT_TRUE(got);
    EXPECT_EQ(bytes(*got), plain) << "each file stands behind its own length";
}

TEST(Metadata, WeighsItsKeysAndContents) {
    EXPECT_EQ(weight({}), 0u);
    EXPECT_EQ(weight({{"a", true}, {"bc", std::uint64_t(1)}}), 1 + 1 + 2 + 8u);
    EXPECT_EQ(weight({{"s", std::string("four")}}), 5u);
    EXPECT_EQ(weight({{"b", std::vector<std::uint8_t>(10)}}), 11u);
    EXPECT_EQ(weight({{"l", std::vector<std::string>{"ab", ""}}}), 1 + 3 + 1u);
    EXPECT_EQ(weight({{"d", 1.5}}), 9u);
}

} // namespace
} // namespace luod::test
