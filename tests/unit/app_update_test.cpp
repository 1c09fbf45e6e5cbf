// SPDX-License-Identifier: LGPL-2.1-or-later
// Updates on disk, and what a start in a new boot makes of them.
#include "app/aftermath.hpp"
#include "app/outcomes.hpp"
#include "app/update_json.hpp"
#include "platform/machine.hpp"
#include "support/temp_dir.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace luod::app {
namespace {

using namespace core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t huge = ~std::uint64_t(0);

HandoverRecord sample() {
    return {.update = "0123", .boot = "b-1", .from = "7.2.0", .to = "7.3.4", .mode = "direct",
            .commandLine = "root=/dev/sda \"quoted words\" luod.update=0123", .versions = {"kho-v4", "luo-v5"},
            .modules = {"vfio_pci"}, .sessions = 7, .files = 9000, .written = huge,
            .cycles = {.cycles = huge, .wall = 11, .perSecond = 2'000'000'000}};
}

// Written again it is the same, byte for byte.
void expectSame(const HandoverRecord& a) {
    auto b = handoverFromJson(toJson(a));
    ASSERT_TRUE(b);
    EXPECT_EQ(toJson(*b), toJson(a));
}

TEST(HandoverRecord, ComesBackAsItWas) {
    auto back = handoverFromJson(toJson(sample()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->update, "0123");
    EXPECT_EQ(back->boot, "b-1");
    EXPECT_EQ(back->from, "7.2.0");
    EXPECT_EQ(back->to, "7.3.4");
    EXPECT_EQ(back->mode, "direct");
    EXPECT_EQ(back->commandLine, sample().commandLine);
    EXPECT_THAT(back->versions, ElementsAre("kho-v4", "luo-v5"));
    EXPECT_THAT(back->modules, ElementsAre("vfio_pci"));
    EXPECT_EQ(back->sessions, 7u);
    EXPECT_EQ(back->files, 9000u);
    EXPECT_EQ(back->written, huge);
    EXPECT_EQ(back->cycles.cycles, huge);
    EXPECT_EQ(back->cycles.wall, 11u);
    EXPECT_EQ(back->cycles.perSecond, 2'000'000'000u);
    expectSame(sample());
    expectSame({});
}

TEST(HandoverRecord, WhatIsNotUtf8IsReplacedAndNothingElseSuffers) {
    auto odd = sample();
    odd.commandLine = "a\xff\xfe b\xc3";
    auto back = handoverFromJson(toJson(odd));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->commandLine, "a\xef\xbf\xbd\xef\xbf\xbd b\xef\xbf\xbd");
    EXPECT_EQ(back->update, "0123");
    odd.commandLine = std::string("with\0NUL, \n and \"", 17);
    EXPECT_EQ(handoverFromJson(toJson(odd))->commandLine, odd.commandLine);
}

// Cut off anywhere (but for the newline at its end) it is no record.
TEST(HandoverRecord, IsWholeOrNothing) {
    const std::string whole = toJson(sample());
    for (std::size_t length = 0; length + 1 < whole.size(); ++length)
        EXPECT_FALSE(handoverFromJson(whole.substr(0, length))) << length;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    auto at = text.find(what);
    EXPECT_NE(at, text.npos) << what;
    return text.replace(at, what.size(), by);
}

TEST(HandoverRecord, ForeignAndLaterOnesAreNone) {
    const std::string good = toJson(sample());
    ASSERT_TRUE(handoverFromJson(good));
    for (const char* text : {"null", "[]", "{}", "1", "\"text\"", "{\"format\": 1}", "\xff", "{\"update\": \"x\"}", "[[[[[[[["})
        EXPECT_FALSE(handoverFromJson(text)) << text;
    EXPECT_FALSE(handoverFromJson(replaced(good, "\"format\": 1", "\"format\": 2")));
    EXPECT_FALSE(handoverFromJson(replaced(good, "\"format\": 1", "\"format\": \"1\"")));
    EXPECT_FALSE(handoverFromJson(replaced(good, "\"files\": 9000", "\"files\": -1")));
    EXPECT_FALSE(handoverFromJson(replaced(good, "\"files\": 9000", "\"files\": 1e300")));
    EXPECT_FALSE(handoverFromJson(replaced(good, "\"update\": \"0123\"", "\"update\": 123")));
    EXPECT_FALSE(handoverFromJson(replaced(good, "\"kho-v4\"", "4")));
    EXPECT_TRUE(handoverFromJson(replaced(good, "\"format\": 1", "\"more\": [{}], \"format\": 1"))); // added within a format
    EXPECT_FALSE(handoverFromJson(std::string(1 << 20, '[')));
}

Moment moment(Milestone what, const std::string& subject = {}, uid_t owner = 0, const std::string& detail = {}) {
    return {what, subject, owner, {1000 + std::uint64_t(what), huge - std::uint64_t(what)}, detail};
}

// Two that are over, and one under way.
UpdateLog someUpdates() {
    UpdateLog log;
    for (const char* uuid : {"one", "two", "three"}) {
        log.on(UpdateBegan{Update{.uuid = uuid, .mode = uuid == std::string("two") ? UpdateMode::Direct : UpdateMode::Systemd,
                                  .from = "7.2", .reason = "because", .forced = {"config", "memory"}, .begun = 77}});
        for (int what = 0; what <= int(last(Milestone())); ++what) // each there is
            log.on(UpdateMoment{uuid, moment(Milestone(what), "vm \xe2\x82\xac", 1000 + uid_t(what), "a.service")});
        if (uuid != std::string("three"))
            log.on(UpdateEnded{std::string(aborted), "by command"});
    }
    return log;
}

void expectSame(const Moment& a, const Moment& b) {
    EXPECT_EQ(a.what, b.what);
    EXPECT_EQ(a.subject, b.subject);
    EXPECT_EQ(a.owner, b.owner);
    EXPECT_EQ(a.at.monotonic, b.at.monotonic);
    EXPECT_EQ(a.at.wall, b.at.wall);
    EXPECT_EQ(a.detail, b.detail);
}

void expectSame(const Update& a, const Update& b) {
    EXPECT_EQ(a.uuid, b.uuid);
    EXPECT_EQ(a.mode, b.mode);
    EXPECT_EQ(a.from, b.from);
    EXPECT_EQ(a.to, b.to);
    EXPECT_EQ(a.reason, b.reason);
    EXPECT_EQ(a.forced, b.forced);
    EXPECT_EQ(a.begun, b.begun);
    EXPECT_EQ(a.outcome, b.outcome);
    EXPECT_EQ(a.words, b.words);
    ASSERT_EQ(a.moments.size(), b.moments.size());
    for (std::size_t i = 0; i < a.moments.size(); ++i)
        expectSame(a.moments[i], b.moments[i]);
}

TEST(History, AllUpdatesComeBackTheOneUnderWayLast) {
    const UpdateLog log = someUpdates();
    auto back = updatesFromJson(toJson(log));
    ASSERT_THAT(back, SizeIs(3));
    expectSame(back[0], log.past()[0]);
    expectSame(back[1], log.past()[1]);
    expectSame(back[2], *log.current());
    EXPECT_EQ(back[1].mode, UpdateMode::Direct);
    EXPECT_THAT(back[0].moments, SizeIs(std::size_t(last(Milestone())) + 1));
    EXPECT_EQ(back[2].outcome, underWay);
    EXPECT_THAT(updatesFromJson(toJson(UpdateLog())), IsEmpty());
}

TEST(History, WhatCannotBeReadIsLeftOutAndTheRestStays) {
    const std::string good = toJson(someUpdates());
    auto uuids = [](const std::string& text) {
        std::string all;
        for (const Update& each : updatesFromJson(text))
            all += each.uuid + " ";
        return all;
    };
    EXPECT_EQ(uuids(good), "one two three ");
    EXPECT_EQ(uuids(replaced(good, "\"direct\"", "\"by air\"")), "one three ");
    EXPECT_EQ(uuids(replaced(good, "\"late\"", "\"teleported\"")), "two three ");
    EXPECT_EQ(uuids(replaced(good, "\"owner\": 1000", "\"owner\": -1")), "two three ");
    EXPECT_EQ(uuids(replaced(good, "\"uuid\": \"two\"", "\"uuid\": null")), "one three ");
    EXPECT_EQ(uuids(replaced(good, "\"words\": \"by command\"", "\"word\": \"by command\"")), "two three ");
    EXPECT_EQ(uuids(replaced(good, "\"updates\": [", "\"updates\": [null, 7, [], {}, \"x\", ")), "one two three ");
}

TEST(History, DamagedForeignAndLaterOnesAreNone) {
    const std::string good = toJson(someUpdates());
    for (std::size_t length = 0; length + 1 < good.size(); length += 7)
        EXPECT_THAT(updatesFromJson(good.substr(0, length)), IsEmpty()) << length;
    for (const char* text : {"null", "[]", "{}", "1", "\"text\"", "{\"format\": 1}", "{\"format\": 1, \"updates\": {}}", "\xff"})
        EXPECT_THAT(updatesFromJson(text), IsEmpty()) << text;
    EXPECT_THAT(updatesFromJson(replaced(good, "\"format\": 1", "\"format\": 2")), IsEmpty());
    EXPECT_THAT(updatesFromJson(std::string(1 << 20, '[')), IsEmpty());
}

TEST(History, WhatIsNotUtf8IsReplaced) {
    UpdateLog log;
    log.on(UpdateBegan{Update{.uuid = "u", .reason = "\xff!"}});
    log.on(UpdateMoment{"u", moment(Milestone::Ready, "\xc3", 5)});
    auto back = updatesFromJson(toJson(log));
    ASSERT_THAT(back, SizeIs(1));
    EXPECT_EQ(back[0].reason, "\xef\xbf\xbd!");
    EXPECT_EQ(back[0].moments.at(0).subject, "\xef\xbf\xbd");
    EXPECT_EQ(back[0].moments.at(0).owner, 5u);
}

UpdateLog ended(const std::vector<std::pair<std::string, std::string>>& updates) { // uuid, outcome
    UpdateLog log;
    std::uint64_t begun = 0;
    for (const auto& [uuid, outcome] : updates) {
        log.on(UpdateBegan{Update{.uuid = uuid, .begun = ++begun}});
        log.on(UpdateEnded{outcome, {}});
    }
    return log;
}

TEST(Outcomes, CountEachUpdateOnceAlsoByTheNextLuod) {
    const UpdateLog log = ended({{"a", "aborted"}, {"a", "aborted"}, {"b", "done"}, {"c", "under-way"}});
    Outcomes outcomes;
    outcomes.count(log);
    outcomes.count(log);
    auto next = Outcomes::fromJson(outcomes.toJson());
    next.count(log);
    EXPECT_THAT(next.totals(), ElementsAre(std::pair("aborted", 2u), std::pair("done", 1u)));
    next.count(ended({{"a", "aborted"}, {"a", "aborted"}, {"b", "done"}, {"c", "cold-boot"}})); // judged now
    EXPECT_THAT(next.totals(), ElementsAre(std::pair("aborted", 2u), std::pair("cold-boot", 1u), std::pair("done", 1u)));
}

TEST(Outcomes, GoOnWhereTheLedgerRemembersNoMore) {
    std::vector<std::pair<std::string, std::string>> updates;
    Outcomes outcomes;
    for (std::size_t i = 0; i < 3 * updatesKept; ++i) {
        updates.emplace_back(std::to_string(i), "done");
        outcomes = Outcomes::fromJson(outcomes.toJson());
        outcomes.count(ended(updates));
    }
    EXPECT_EQ(outcomes.totals().at("done"), 3 * updatesKept);
}

TEST(Outcomes, BeginAnewWhereTheFileIsDamaged) {
    Outcomes outcomes;
    outcomes.count(ended({{"a", "done"}}));
    const std::string good = outcomes.toJson();
    EXPECT_THAT(Outcomes::fromJson(good).totals(), SizeIs(1));
    for (std::size_t length = 0; length + 1 < good.size(); ++length)
        EXPECT_THAT(Outcomes::fromJson(good.substr(0, length)).totals(), IsEmpty()) << length;
    for (const char* text : {"null", "{}", "[]", "{\"format\": 2, \"totals\": {}, \"counted\": []}", "\xff",
                             "{\"format\": 1, \"totals\": {\"done\": -1}, \"counted\": [1]}"})
        EXPECT_THAT(Outcomes::fromJson(text).totals(), IsEmpty()) << text;
}

// The machine of the tests was not brought up by an update: its command line has no luod.update=.
class Aftermaths : public testing::Test {
protected:
    void SetUp() override {
        if (platform::kernelCommandLine().find("luod.update=") != std::string::npos)
            GTEST_SKIP() << "this machine was live updated itself";
    }
    void write(const char* name, const std::string& content) { ASSERT_TRUE(state.write(name, content)); }
    Aftermath look(Handover found = Handover::None) {
        Recovered recovered;
        recovered.handover = found;
        return lookBack(recovered, state);
    }

    tests::TempDir dir;
    platform::StateDirectory state{dir.path()};
};

TEST_F(Aftermaths, NothingOnDiskIsNoUpdate) {
    auto [verdict, update, cycles, past] = look();
    EXPECT_EQ(verdict.handover, Handover::None);
    EXPECT_EQ(update, "");
    EXPECT_EQ(cycles.cycles, 0u);
    EXPECT_THAT(past, IsEmpty());
    EXPECT_EQ(lookBack({}, platform::StateDirectory(dir / "nowhere")).verdict.handover, Handover::None);
}

TEST_F(Aftermaths, ARecordOfAnotherBootAndNoHandoverIsAColdBoot) {
    write("handover", toJson(sample()));
    auto [verdict, update, cycles, past] = look();
    EXPECT_EQ(verdict.handover, Handover::ColdBoot);
    EXPECT_THAT(verdict.words, HasSubstr("live update 0123 to 7.3.4"));
    EXPECT_EQ(cycles.cycles, huge);
    EXPECT_THAT(past, IsEmpty());
    EXPECT_EQ(update, "0123");
    EXPECT_EQ(look(Handover::Done).verdict.handover, Handover::Done);
    EXPECT_EQ(look(Handover::Done).update, "0123");
}

TEST_F(Aftermaths, ARecordOfThisBootSaysNothing) {
    auto record = sample();
    record.boot = platform::bootId();
    write("handover", toJson(record));
    EXPECT_EQ(look().verdict.handover, Handover::None);
    EXPECT_EQ(look().update, "");
}

TEST_F(Aftermaths, ADamagedRecordSaysNothing) {
    for (const std::string& text : {std::string(), std::string("{"), toJson(sample()).substr(0, 100)}) {
        write("handover", text);
        EXPECT_EQ(look().verdict.handover, Handover::None);
    }
    std::filesystem::remove(dir / "handover");
    std::filesystem::create_directory(dir / "handover");
    EXPECT_EQ(look().verdict.handover, Handover::None);
}

TEST_F(Aftermaths, TheHistoryComesAlong) {
    write("history", toJson(someUpdates()));
    EXPECT_THAT(look().past, SizeIs(3));
    write("history", "nonsense");
    EXPECT_THAT(look().past, IsEmpty());
}

TEST(Arrival, WithoutSystemdTheKernelsFirstInstantAndLuodsAreKnown) {
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", 1);
    auto moments = arrivalMoments({.monotonic = 5'000'000, .wall = 1'700'000'005'000'000});
    ASSERT_THAT(moments, SizeIs(2));
    EXPECT_EQ(moments[0].what, Milestone::Kernel);
    EXPECT_EQ(moments[0].at.monotonic, 0u);
    EXPECT_EQ(moments[0].at.wall, 1'700'000'000'000'000u);
    EXPECT_EQ(moments[1].what, Milestone::Luod);
    EXPECT_EQ(moments[1].at.monotonic, 5'000'000u);
    EXPECT_EQ(moments[1].at.wall, 1'700'000'005'000'000u);
}

} // namespace
} // namespace luod::app
