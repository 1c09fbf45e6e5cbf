// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/config.hpp"

#include "app/config_values.hpp"
#include "app/ini.hpp"
#include "support/open_fds.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace luod::app;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

std::string flat(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines)
        all += line + "\n";
    return all;
}

std::string parsed(std::string_view text) {
    IniText ini;
    parseIni(text, "f", ini);
    std::string all;
    for (const auto& a : ini.assignments)
        all += std::to_string(a.line) + " [" + a.section + "] " + a.key + "=" + a.value + "\n";
    return all + flat(ini.warnings);
}

TEST(Ini, SectionsKeysAndComments) {
    EXPECT_EQ(parsed("# one\n[A]\nk = v w \r\n ; two\n\n[B]\nx==y#z\nempty="),
              "3 [A] k=v w\n7 [B] x==y#z\n8 [B] empty=\n");
    EXPECT_EQ(parsed("\xef\xbb\xbf[A]\nk=v"), "2 [A] k=v\n");
    EXPECT_EQ(parsed(""), "");
}

TEST(Ini, ABackslashJoinsLines) {
    EXPECT_EQ(parsed("[A]\nk=a\\\n# not this\n  b\\\nc\nl=1\n"), "2 [A] k=a   b c\n6 [A] l=1\n");
    EXPECT_EQ(parsed("[A]\nk=a\\\\\nl=1\n"), "2 [A] k=a\\\\\n3 [A] l=1\n");
    EXPECT_EQ(parsed("[A]\nk=a\\"), "2 [A] k=a\n");
}

TEST(Ini, WhatIsNoneOfThisIsWarnedAbout) {
    EXPECT_EQ(parsed("k=v\n[A]\nnonsense\n=v\n[B\nl=1\n[X-mine]\nm=1\n"),
              "f:1: assignment before any [Section], ignored\n"
              "f:3: no '=' in this line, ignored\n"
              "f:4: no key before '=', ignored\n"
              "f:5: not a section, ignored up to the next one\n");
}

TEST(ConfigValues, Numbers) {
    EXPECT_EQ(parseNumber("0"), 0u);
    EXPECT_EQ(parseNumber("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    for (auto wrong : {"", "-1", "+1", "1x", "0x10", " 1", "18446744073709551616"})
        EXPECT_EQ(parseNumber(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, Sizes) {
    EXPECT_EQ(parseSize("4096"), 4096u);
    EXPECT_EQ(parseSize("4096B"), 4096u);
    EXPECT_EQ(parseSize("3K"), 3072u);
    EXPECT_EQ(parseSize("3 M"), 3u << 20);
    EXPECT_EQ(parseSize("1G"), 1u << 30);
    EXPECT_EQ(parseSize("2T"), std::uint64_t{2} << 40);
    for (auto wrong : {"", "K", "1KB", "1k", "1.5M", "-1K", "99999999999T"})
        EXPECT_EQ(parseSize(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, Booleans) {
    for (auto yes : {"yes", "TRUE", "on", "1", "y", "t"})
        EXPECT_EQ(parseBoolean(yes), true) << yes;
    for (auto no : {"no", "False", "off", "0", "n", "f"})
        EXPECT_EQ(parseBoolean(no), false) << no;
    for (auto wrong : {"", "maybe", "2", "yess"})
        EXPECT_EQ(parseBoolean(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, TimeSpans) {
    EXPECT_EQ(parseTimeSpan("5"), 5s);
    EXPECT_EQ(parseTimeSpan("5s"), 5s);
    EXPECT_EQ(parseTimeSpan("250ms"), 250ms);
    EXPECT_EQ(parseTimeSpan("1min 30s"), 90s);
    EXPECT_EQ(parseTimeSpan("1h2m3 sec"), 3723s);
    EXPECT_EQ(parseTimeSpan("7 us"), 7us);
    EXPECT_EQ(parseTimeSpan("0"), 0s);
    for (auto wrong : {"", " ", "s", "5 parsecs", "-1", "1s x", "99999999999999h", "9000h 9000h 9000h"})
        EXPECT_EQ(parseTimeSpan(wrong), std::nullopt) << wrong;
}

TEST(ConfigValues, Groups) {
    for (auto right : {"luod", "_x", "a-b.c9", "100", "Domain_Users"})
        EXPECT_TRUE(validGroup(right)) << right;
    for (auto wrong : {"", "-x", "9a", "a b", "a:b", "a\nb", "abcdefghijklmnopqrstuvwxyzabcdef"})
        EXPECT_FALSE(validGroup(wrong)) << wrong;
}

class ConfigTest : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/luod-config-XXXXXX";
        root = ::mkdtemp(name);
    }
    void TearDown() override { fs::remove_all(root); }
    void file(const std::string& path, const std::string& text) {
        fs::create_directories((root / path).parent_path());
        std::ofstream(root / path) << text;
    }
    void mask(const std::string& path) {
        fs::create_directories((root / path).parent_path());
        fs::create_symlink("/dev/null", root / path);
    }
    std::size_t maxFiles() { return loadConfig(root).config.limits.files; }

    fs::path root;
};

TEST_F(ConfigTest, NoFileIsTheDefaults) {
    auto loaded = loadConfig(root);
    EXPECT_EQ(loaded.config, Config());
    EXPECT_EQ(flat(loaded.warnings), "");
}

TEST_F(ConfigTest, EveryKeyIsTaken) {
    auto before = luod::test::openFds();
    file("etc/luod/luod.conf", "[Sessions]\nMaxSessions=1\nMaxSessionsPerUser=2\nMaxFiles=3\nMaxFilesPerUser=4\n"
                               "MaxFilesPerSession=infinity\nMaxMetadataBytes=1K\nAllowGroup=vmm\nPolkit=no\n"
                               "MaxBytes=infinity\nMaxBytesPerUser=50%\nMaxMetadata=2M\nMaxMetadataPerUser=1M\nMaxCalls=6\n"
                               "MaxCallsPerUser=5\nCompareLabels=no\nLend=no\n"
                               "[Update]\nMaxInhibitors=8\nMaxInhibitorsPerUser=7\n"
                               "[Daemon]\nWorkers=8\nLedgerSize=64K\nFileDescriptorStoreMax=9\nDeviceTimeoutSec=250ms\n");
    Config expected{.limits = {.sessions = 1, .sessionsPerUser = 2, .files = 3, .filesPerUser = 4,
                               .filesPerSession = luod::core::unlimited, .metadataBytes = 1024, .metadata = 2 << 20,
                               .metadataPerUser = 1 << 20, .calls = 6, .callsPerUser = 5, .inhibitors = 8,
                               .inhibitorsPerUser = 7},
                    .maxBytes = {luod::core::unlimited, false},
                    .maxBytesPerUser = {50, true},
                    .allowGroup = "vmm",
                    .polkit = false,
                    .compareLabels = false,
                    .lend = false,
                    .workers = 8,
                    .ledgerSize = 65536,
                    .fdStoreMax = 9,
                    .deviceTimeout = 250ms};
    auto loaded = loadConfig(root);
    EXPECT_EQ(loaded.config, expected);
    EXPECT_EQ(flat(loaded.warnings), "");
    EXPECT_EQ(luod::test::openFds(), before);
}

TEST_F(ConfigTest, SharesAreSizesOrPercentages) {
    auto bytes = [&](const std::string& value) {
        file("etc/luod/luod.conf", "[Sessions]\nMaxBytes=" + value + "\n");
        return loadConfig(root).config.maxBytes.of(8ULL << 30);
    };
    const auto usual = Config().maxBytes.of(8ULL << 30);
    EXPECT_EQ(bytes("6G"), 6ULL << 30);
    EXPECT_EQ(bytes("0"), 0u);
    EXPECT_EQ(bytes("0%"), 0u);
    EXPECT_EQ(bytes("100%"), (8ULL << 30) / 100 * 100);
    EXPECT_EQ(bytes("infinity"), luod::core::unlimited);
    for (const char* wrong : {"101%", "%", "-1%", "5 %", "1.5%", "much"})
        EXPECT_EQ(bytes(wrong), usual) << wrong;
}

TEST_F(ConfigTest, TheFirstMainFileCounts) {
    file("usr/lib/luod/luod.conf", "[Sessions]\nMaxFiles=1\n");
    EXPECT_EQ(maxFiles(), 1u);
    file("run/luod/luod.conf", "[Sessions]\nMaxFiles=2\n");
    EXPECT_EQ(maxFiles(), 2u);
    mask("etc/luod/luod.conf");
    EXPECT_EQ(maxFiles(), Config().limits.files);
    EXPECT_EQ(flat(loadConfig(root).warnings), "");
}

TEST_F(ConfigTest, DropInsAreReadByNameWhereverTheyLie) {
    file("etc/luod/luod.conf", "[Sessions]\nMaxFiles=1\n");
    file("usr/lib/luod/luod.conf.d/90-vendor.conf", "[Sessions]\nMaxFiles=90\n");
    file("etc/luod/luod.conf.d/10-mine.conf", "[Sessions]\nMaxFiles=10\n");
    EXPECT_EQ(maxFiles(), 90u);
    file("run/luod/luod.conf.d/95.conf", "[Sessions]\nMaxFiles=95\n");
    file("run/luod/luod.conf.d/99.conf.dpkg-old", "[Sessions]\nMaxFiles=99\n");
    EXPECT_EQ(maxFiles(), 95u);
}

TEST_F(ConfigTest, EtcOverridesAndMasksByName) {
    file("usr/lib/luod/luod.conf.d/50.conf", "[Sessions]\nMaxFiles=1\nMaxFilesPerUser=7\n");
    file("run/luod/luod.conf.d/50.conf", "[Sessions]\nMaxFiles=2\n");
    EXPECT_EQ(maxFiles(), 2u);
    EXPECT_EQ(loadConfig(root).config.limits.filesPerUser, Config().limits.filesPerUser);
    mask("etc/luod/luod.conf.d/50.conf");
    EXPECT_EQ(maxFiles(), Config().limits.files);
}

TEST_F(ConfigTest, AnEmptyValueIsTheDefaultAgain) {
    file("etc/luod/luod.conf", "[Sessions]\nMaxFiles=1\nAllowGroup=x\n");
    file("etc/luod/luod.conf.d/1.conf", "[Sessions]\nMaxFiles=\nAllowGroup=\n");
    EXPECT_EQ(loadConfig(root).config, Config());
}

TEST_F(ConfigTest, WhatIsWrongIsWarnedAboutAndIgnored) {
    file("etc/luod/luod.conf", "[Sessions]\nMaxFiles=7\nMaxFiles=lots\nMaxFils=1\nWorkers=2\n[Demon]\nWorkers=2\n"
                               "[Daemon]\nWorkers=0\nWorkers=65\nLedgerSize=1K\nDeviceTimeoutSec=soon\nbroken\n"
                               "[Sessions]\nPolkit=perhaps\nAllowGroup=a b\n");
    auto loaded = loadConfig(root);
    Config expected;
    expected.limits.files = 7;
    EXPECT_EQ(loaded.config, expected);
    std::string at = (root / "etc/luod/luod.conf").string() + ":";
    EXPECT_EQ(flat(loaded.warnings), at + "13: no '=' in this line, ignored\n" +
                                         at + "3: MaxFiles=lots is not a number, ignored\n" +
                                         at + "4: unknown key MaxFils= in [Sessions], ignored\n" +
                                         at + "5: Workers= belongs into [Daemon], ignored in [Sessions]\n" +
                                         at + "7: Workers= belongs into [Daemon], ignored in [Demon]\n" +
                                         at + "9: Workers=0 is not a number from 1 to 64, ignored\n" +
                                         at + "10: Workers=65 is not a number from 1 to 64, ignored\n" +
                                         at + "11: LedgerSize=1K is not a size from 64K to 1G, ignored\n" +
                                         at + "12: DeviceTimeoutSec=soon is not a time span, ignored\n" +
                                         at + "15: Polkit=perhaps is not a boolean, ignored\n" +
                                         at + "16: AllowGroup=a b is not a group, ignored\n");
}

TEST_F(ConfigTest, AFileThatCannotBeReadIsWarnedAbout) {
    fs::create_directories(root / "etc/luod/luod.conf.d/5.conf");
    fs::create_symlink("nowhere", root / "etc/luod/luod.conf");
    auto loaded = loadConfig(root);
    EXPECT_EQ(flat(loaded.warnings),
              (root / "etc/luod/luod.conf").string() + ": cannot be read: No such file or directory\n" +
                  (root / "etc/luod/luod.conf.d/5.conf").string() + ": cannot be read: Is a directory\n");
}

TEST_F(ConfigTest, Modules) {
    fs::create_directories(root / "etc/luod");
    std::ofstream(root / "etc/luod/luod.conf") << "[Update]\nModules=one two-b\nModules=../three\n";
    auto loaded = loadConfig(root);
    EXPECT_EQ(loaded.config.modules, (std::vector<std::string>{"one", "two-b"}));
    EXPECT_EQ(loaded.warnings.size(), 1u) << flat(loaded.warnings);
}

TEST(ConfigKeys, TheDefaultsOfTheTableAreTheDefaults) {
    Config config{.limits = {.sessions = 1, .sessionsPerUser = 1, .files = 1, .filesPerUser = 1, .filesPerSession = 1,
                             .metadataBytes = 1, .metadata = 1, .metadataPerUser = 1, .calls = 1, .callsPerUser = 1,
                             .inhibitors = 1, .inhibitorsPerUser = 1},
                  .maxBytes = {}, .maxBytesPerUser = {}, .allowGroup = "", .polkit = false, .workers = 0, .ledgerSize = 0,
                  .fdStoreMax = 0, .deviceTimeout = 0s};
    for (const auto& key : configKeys())
        EXPECT_TRUE(key.set(config, key.defaultValue)) << key.name;
    EXPECT_EQ(config, Config());
}

// In luod.conf(5) a key is an item ".It Va Key=" below ".Sh [Section] SECTION" and ends with its default.
TEST(ConfigKeys, TheManPageHasTheseKeysAndNoOthers) {
    std::map<std::string, std::string> page, table;
    std::ifstream file(SOURCE_ROOT "/daemon/luod.conf.5");
    std::string section, key;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(".Sh ["))
            section = line.substr(4, line.find(']') - 3);
        else if (line.starts_with(".It Va "))
            page[key = section + line.substr(7)] = "no default";
        else if (line.starts_with("Default: "))
            page[key] = line.substr(9);
    }
    for (const auto& each : configKeys())
        table['[' + std::string(each.section) + ']' + std::string(each.name) + '='] = std::string(each.defaultValue) + '.';
    EXPECT_EQ(page, table);
}

} // namespace
