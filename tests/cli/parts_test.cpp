// SPDX-License-Identifier: LGPL-2.1-or-later
// luoctl's parts, by themselves.
#include "cmdline.hpp"
#include "command.hpp"
#include "content.hpp"
#include "describe.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "json.hpp"
#include "options.hpp"
#include "parse.hpp"
#include "progress.hpp"

#include <clocale>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>

namespace {

using namespace luoctl;

Options parsed(std::vector<std::string> words) {
    words.insert(words.begin(), "luoctl");
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    return parse(int(argv.size()), argv.data());
}

TEST(Format, Bytes) {
    EXPECT_EQ(bytes(0), "0B");
    EXPECT_EQ(bytes(1023), "1023B");
    EXPECT_EQ(bytes(1024), "1K");
    EXPECT_EQ(bytes(1536), "1.5K");
    EXPECT_EQ(bytes(64 << 20), "64M");
    EXPECT_EQ(bytes(UINT64_MAX), "15.9E");
}

TEST(Format, PrintableLeavesNothingForTheTerminalToObey) {
    EXPECT_EQ(printable("a\x1b[31mb\nc\td\x7f"), "a?[31mb c d?");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "?31m");
    EXPECT_EQ(printable("Gr\xc3\xb6\xc3\x9f"
                        "e"),
              "Gr\xc3\xb6\xc3\x9f"
              "e");
}

TEST(Format, Width) {
    ASSERT_NE(setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
    EXPECT_EQ(width("abc"), 3u);
    EXPECT_EQ(width("Gr\xc3\xb6\xc3\x9f"
                    "e"),
              5u);
    EXPECT_EQ(width("\xe6\xbc\xa2"), 2u);
    EXPECT_EQ(width("\xff\xff"), 2u);
}

TEST(Format, Times) {
    setenv("TZ", "UTC", 1);
    EXPECT_EQ(timestamp(1'700'000'000'000'000), "Tue 2023-11-14 22:13:20 UTC");
    EXPECT_EQ(timestamp(0), "n/a");
}

TEST(Parse, Tokens) {
    EXPECT_EQ(parseToken("0"), 0u);
    EXPECT_EQ(parseToken("0xff"), 255u);
    EXPECT_EQ(parseToken("18446744073709551615"), UINT64_MAX);
    EXPECT_THROW(parseToken("18446744073709551616"), Failure);
    for (const char* name : {"", "ram", "-1", "1a", " 1", "0x", "0xg"})
        EXPECT_EQ(parseToken(name), std::nullopt) << name;
}

TEST(Parse, FreeTokens) {
    using Tokens = std::vector<uint64_t>;
    EXPECT_EQ(freeToken(Tokens{}), 1u);
    EXPECT_EQ(freeToken(Tokens{0}), 1u);
    EXPECT_EQ(freeToken(Tokens{1, 2, 9}), 10u);
    EXPECT_EQ(freeToken(Tokens{0, 1, 3, UINT64_MAX}), 2u);
    EXPECT_EQ(freeToken(Tokens{UINT64_MAX}), 1u);
}

TEST(Parse, Spans) {
    EXPECT_EQ(parseSpan("30"), 30'000'000u);
    EXPECT_EQ(parseSpan("1min 30s"), 90'000'000u);
    EXPECT_EQ(parseSpan("2h5ms"), 7'200'005'000u);
    for (const char* text : {"", "0", "s", "5 parsecs", "-1s", "99999999999999999999", "9999999999999999h"})
        EXPECT_THROW(parseSpan(text), Failure) << text;
}

TEST(Cmdline, WhatTheBootLoaderPutThereIsLeftOut) {
    EXPECT_EQ(reusable("BOOT_IMAGE=/vmlinuz root=/dev/sda  quiet initrd=/a initrd=/b luod.update=x kho=on\n"),
              "root=/dev/sda quiet kho=on");
    EXPECT_EQ(reusable("dyndbg=\"file a +p; initrd=x\" rdinit=/init noinitrd -- initrd=/kept"),
              "dyndbg=\"file a +p; initrd=x\" rdinit=/init noinitrd -- initrd=/kept");
    EXPECT_EQ(reusable(""), "");
}

TEST(Progress, NamesSomeAndCountsTheOthers) {
    constexpr uint64_t second = 1'000'000;
    EXPECT_EQ(waitingText({"a"}, 4 * second, 30 * second), "waiting for a for 4s, 26s left");
    EXPECT_EQ(waitingText({"a", "b", "c"}, 0, 0), "waiting for a, b and c for 0s");
    EXPECT_EQ(waitingText({"a", "b", "c", "d"}, 31 * second, 30 * second), "waiting for a, b and 2 others for 31s");
}

TEST(Parse, Users) {
    EXPECT_EQ(parseUser("root"), 0u);
    EXPECT_EQ(parseUser("1234"), 1234u);
    for (const char* user : {"", "no such user", "4294967295", "-1"}) // UINT32_MAX is "no uid" to the kernel too
        EXPECT_THROW(parseUser(user), Failure) << user;
}

TEST(ParseOptions, MayStandAnywhere) {
    Options options = parsed({"-q", "show", "a", "--json=pretty", "b", "-PName", "-pOwner,State"});
    EXPECT_TRUE(options.quiet && options.value);
    EXPECT_EQ(options.json, Json::Pretty);
    EXPECT_EQ(options.arguments, (std::vector<std::string>{"show", "a", "b"}));
    EXPECT_EQ(options.properties, (std::vector<std::string>{"Name", "Owner", "State"}));
}

TEST(ParseOptions, WhatFollowsTwoDashesIsNotLookedAt) {
    Options options = parsed({"retrieve", "vm", "--", "cat", "--finish", "--", "x"});
    EXPECT_FALSE(options.finish);
    EXPECT_TRUE(options.hasCommand);
    EXPECT_EQ(options.command, (std::vector<std::string>{"cat", "--finish", "--", "x"}));
    EXPECT_EQ(options.arguments, (std::vector<std::string>{"retrieve", "vm"}));
}

TEST(ParseOptions, Metadata) {
    Options options = parsed({"--metadata", "a=b=c", "--metadata=d", "--metadata=e="});
    ASSERT_EQ(options.metadata.size(), 3u);
    EXPECT_EQ(options.metadata[0].second, "b=c");
    EXPECT_EQ(options.metadata[1].second, std::nullopt);
    EXPECT_EQ(options.metadata[2].second, "");
    EXPECT_THROW(parsed({"--metadata", "=x"}), Failure);
    EXPECT_THROW(parsed({"--fd", "x"}), Failure);
    EXPECT_THROW(parsed({"-Z"}), Failure);
}

TEST(Tables, AreAlignedAndEmptyCellsShow) {
    Table table{{{"NAME"}, {"SIZE", true}, {"UNIT"}}, {{{"a"}, {"10"}, {""}}, {{"long"}, {"5"}, {"u"}}}};
    EXPECT_EQ(render(table, true, false), "NAME SIZE UNIT\na      10 -\nlong    5 u\n");
    EXPECT_EQ(render(table, false, false), "a    10 -\nlong  5 u\n");
}

TEST(Tables, ColoursDoNotCount) {
    Table table{{{"A"}, {"B"}}, {{{"x", Colour::Bad}, {"y"}}, {{"xx"}, {"y"}}}};
    EXPECT_EQ(render(table, false, true), "\x1b[1;31mx\x1b[0m  y\nxx y\n");
}

TEST(Describe, EveryStandingHasItsNextStep) {
    Status status{.available = true, .lastHandover = "none"};
    EXPECT_NE(nextStep(status).find("create"), std::string::npos);
    status.outgoing = 1;
    EXPECT_NE(nextStep(status).find("kexec"), std::string::npos);
    status.incoming = 1;
    EXPECT_NE(nextStep(status).find("finish"), std::string::npos);
    status.lost = 1;
    EXPECT_NE(nextStep(status).find("discard"), std::string::npos);
    status.lastHandover = "unreadable";
    EXPECT_NE(nextStep(status).find("journalctl"), std::string::npos);
    status.available = false;
    EXPECT_NE(nextStep(status).find("above"), std::string::npos);
}

TEST(Describe, MetadataForPeople) {
    Dict dict{{"n", 'u', uint64_t{5}},
              {"on", 'b', true},
              {"s", 's', std::string("two words")},
              {"evil", 's', std::string("\x1b]0;x")},
              {"raw", 'A', std::vector<uint8_t>{0, 255}},
              {"list", 'S', std::vector<std::string>{"a", "b"}}};
    EXPECT_EQ(textOf(dict), "n=5 on=yes s=\"two words\" evil=?]0;x raw=00ff list=a,b");
}

TEST(JsonOf, NumbersAreExactAndWhatIsNotThereIsNull) {
    File file{.token = UINT64_MAX, .kind = "memfd", .state = "waiting", .size = 1ull << 40};
    file.metadata = {{"raw", 'A', std::vector<uint8_t>{1, 2}}};
    EXPECT_EQ(dump(jsonOf(file), Json::Short),
              R"({"token":18446744073709551615,"name":null,"kind":"memfd","state":"waiting","size":1099511627776,)"
              R"("details":{},"metadata":{"raw":[1,2]}})"
              "\n");
    EXPECT_NO_THROW(dump(nlohmann::ordered_json("\xff"), Json::Pretty));
}

TEST(Command, NamesAreFitForTheEnvironment) {
    std::vector<Retrieved> files(3);
    files[0].name = "ram";
    files[1].name = "a:b\nc";
    files[2].token = 9;
    EXPECT_EQ(listenNames(files), "ram:a_b_c:token-9");
}

TEST(Content, HolesStayHolesAndThePositionStays) {
    constexpr off_t far = off_t(1) << 32;
    Fd source{memfd_create("sparse", MFD_CLOEXEC)};
    ASSERT_EQ(pwrite(source.get(), "end", 3, far), 3);
    Fd copy = memfdOf(source.get(), "copy"), again{memfd_create("again", MFD_CLOEXEC)};
    ASSERT_EQ(lseek(copy.get(), 77, SEEK_SET), 77);
    writeContent(copy.get(), again.get());
    EXPECT_EQ(lseek(copy.get(), 0, SEEK_CUR), 77);
    EXPECT_EQ(lseek(again.get(), 0, SEEK_END), far + 3);
    EXPECT_GE(lseek(again.get(), 0, SEEK_DATA), far - (off_t(1) << 22)); // within a huge page
    char text[4] = {};
    EXPECT_EQ(pread(again.get(), text, 3, far), 3);
    EXPECT_STREQ(text, "end");
}

TEST(Content, BeginsWhereTheSourceStands) {
    Fd source{memfd_create("source", MFD_CLOEXEC)};
    ASSERT_EQ(write(source.get(), "headbody", 8), 8);
    ASSERT_EQ(lseek(source.get(), 4, SEEK_SET), 4);
    Fd copy = memfdOf(source.get(), "copy");
    char text[9] = {};
    EXPECT_EQ(read(copy.get(), text, 8), 4);
    EXPECT_STREQ(text, "body");
}

TEST(Content, FilesOfProcHaveMoreThanTheySay) {
    Fd source{open("/proc/self/status", O_RDONLY | O_CLOEXEC)};
    Fd copy = memfdOf(source.get(), "copy");
    EXPECT_GT(lseek(copy.get(), 0, SEEK_END), 100);
}

} // namespace
