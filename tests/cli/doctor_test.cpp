// SPDX-License-Identifier: LGPL-2.1-or-later
// luoctl doctor: everything that can be had, why the rest cannot, and no secrets.
#include "binaries.hpp"
#include "doctor.hpp"
#include "luoctl_run.hpp"
#include "secrets.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace {

using cli::Luoctl;
using luod::tests::TempDir;
using nlohmann::json;
namespace fs = std::filesystem;

class Doctor : public Luoctl {
protected:
    json report() { return json::parse(ok({"doctor", "--json=short"})); }
    static std::string textOf(const json& report, const char* part, const char* item) {
        const json& text = report.at(part).at(item).at("text");
        return text.is_null() ? "" : text.get<std::string>();
    }
    static std::string missing(const json& report, const char* part, const char* item) {
        const json& why = report.at(part).at(item).at("missing");
        return why.is_null() ? "" : why.get<std::string>();
    }
    TempDir dir;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_F(Doctor, HasWhatLuodSays) {
    create("vm1");
    setFindings({{"loaded", "error", "nothing is loaded", "run luoctl load"}});
    json all = report();
    EXPECT_TRUE(has(textOf(all, "luod", "status"), "0.mock"));
    EXPECT_TRUE(has(textOf(all, "luod", "sessions"), "vm1"));
    EXPECT_TRUE(has(textOf(all, "luod", "check"), "nothing is loaded"));
    EXPECT_TRUE(has(textOf(all, "luod", "metrics"), "luod_file_bytes"));
    EXPECT_EQ(textOf(all, "luod", "locks"), "none\n");
    EXPECT_FALSE(textOf(all, "kernel", "command-line").empty());
    EXPECT_FALSE(textOf(all, "luoctl", "version").empty());
}

TEST_F(Doctor, SaysOfEachItemWhyItIsMissing) {
    fail("Check", "org.luod1.Error.AccessDenied", "only root may do that here");
    fail("ListReports", "org.freedesktop.DBus.Error.NoReply", "it is busy");
    json all = report();
    EXPECT_TRUE(has(missing(all, "luod", "check"), "only root may do that here"));
    EXPECT_TRUE(has(missing(all, "luod", "reports"), "it is busy"));
    EXPECT_EQ(textOf(all, "luod", "check"), "");
    EXPECT_FALSE(all.at("luod").contains(""));
    EXPECT_TRUE(has(textOf(all, "luod", "status"), "0.mock"));
    EXPECT_EQ(missing(all, "units", "service-manager"), "no service manager is on the bus");
}

TEST_F(Doctor, WorksWithoutLuodAndWithoutABus) {
    endMock();
    json all = report();
    for (const char* item : {"status", "sessions", "locks", "check", "reports", "last-report", "metrics"})
        EXPECT_TRUE(has(missing(all, "luod", item), "luod is not running")) << item;
    EXPECT_FALSE(textOf(all, "kernel", "version").empty());
    endBus();
    all = report();
    EXPECT_TRUE(has(missing(all, "luod", "status"), "cannot connect"));
    EXPECT_TRUE(has(missing(all, "units", "service-manager"), "cannot connect"));
    EXPECT_FALSE(textOf(all, "kernel", "version").empty());
}

TEST_F(Doctor, AsksTheServiceManagerOfUnitsButNotOfTheirEnvironment) {
    playSystemd();
    json all = report();
    EXPECT_EQ(textOf(all, "units", "service-manager"), "systemd 262.mock\n");
    EXPECT_EQ(textOf(all, "units", "luod.service"),
              "ActiveState=active\nDropInPaths=/etc/a.conf /etc/b.conf\nNRestarts=3\nNFileDescriptorStore=17\n"
              "FileDescriptorStorePreserve=yes\n");
    EXPECT_EQ(missing(all, "units", "luod-gate.service"),
              "the service manager does not say: Unit luod-gate.service not found.");
}

TEST_F(Doctor, TheTextHasEveryItemAndNothingThatATerminalWouldObey) {
    create("vm\x1b[31m");
    std::string text = ok({"doctor"});
    json all = report();
    for (const auto& [part, items] : all.items())
        for (const auto& [item, value] : items.items())
            EXPECT_TRUE(has(text, fmt::format("== {}: {}\n", part, item)));
    EXPECT_EQ(text.find('\x1b'), text.npos);
    EXPECT_TRUE(has(text, "(missing) no service manager is on the bus"));
}

std::map<std::string, std::string> unpacked(const std::string& file) {
    std::map<std::string, std::string> contents;
    archive* reader = archive_read_new();
    archive_read_support_format_tar(reader);
    archive_read_support_filter_all(reader);
    EXPECT_EQ(archive_read_open_filename(reader, file.c_str(), 65536), ARCHIVE_OK) << archive_error_string(reader);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        std::string& content = contents[archive_entry_pathname(entry)];
        content.resize(size_t(archive_entry_size(entry)));
        EXPECT_EQ(archive_read_data(reader, content.data(), content.size()), la_ssize_t(content.size()));
    }
    archive_read_free(reader);
    return contents;
}

TEST_F(Doctor, PacksAnArchiveThatOnlyItsOwnerMayRead) {
    create("vm1");
    for (const char* suffix : {".tar", ".tar.gz", ".tar.xz", ".tar.zst"}) {
        std::string file = dir / ("report" + std::string(suffix));
        ok({"doctor", "--output", file});
        auto contents = unpacked(file);
        EXPECT_TRUE(has(contents.at("luod-doctor/report.txt"), "== luod: sessions")) << suffix;
        EXPECT_TRUE(json::parse(contents.at("luod-doctor/report.json")).contains("kernel")) << suffix;
        EXPECT_TRUE(has(contents.at("luod-doctor/luod/sessions.txt"), "vm1")) << suffix;
        struct stat status {};
        ASSERT_EQ(stat(file.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, 0600u);
        refusedSaying(1, "File exists", {"doctor", "--output", file});
    }
    ok({"doctor", "--output", dir / "report.txt"});
    refused(2, {"doctor", "--host", "elsewhere"});
}

TEST(Secrets, AreLeftOutOfCommandLines) {
    using luoctl::withoutSecrets;
    EXPECT_EQ(withoutSecrets("root=/dev/vda systemd.set_credential=a:hunter2 quiet"),
              "root=/dev/vda systemd.set_credential=(left out) quiet");
    EXPECT_EQ(withoutSecrets("Password=\"two words\" x=1\nk3s_token=abc"), "Password=(left out) x=1\nk3s_token=(left out)");
    EXPECT_EQ(withoutSecrets("\"cmdline\": \"my.secret=s\","), "\"cmdline\": \"my.secret=(left out)\",");
    EXPECT_EQ(withoutSecrets("api_key='a b' passphrase="), "api_key=(left out) passphrase=");
    for (const char* harmless : {"", "=", "a=b", "token=7", "luod.update=01-23", "secret stuff", "x==secret"})
        EXPECT_EQ(withoutSecrets(harmless), harmless);
}

class DoctorParts : public testing::Test {
protected:
    void write(const std::string& path, const std::string& content) {
        fs::path file = fs::path(dir.path()) / path;
        fs::create_directories(file.parent_path());
        std::ofstream(file) << content;
    }
    static std::string text(const luoctl::Part& part, const std::string& name) {
        for (const luoctl::Item& item : part.items)
            if (item.name == name)
                return item.missing.empty() ? item.text : "missing: " + item.missing;
        return "no such item";
    }
    TempDir dir;
};

TEST_F(DoctorParts, TellTheKernelsConfigurationOfLiveUpdate) {
    write("proc/sys/kernel/osrelease", "7.3.4\n");
    write("proc/version", "Linux version 7.3.4\n");
    write("proc/cmdline", "kho=on\n");
    luoctl::Part part = luoctl::kernelPart(dir.path());
    EXPECT_EQ(text(part, "version"), "Linux version 7.3.4\n");
    EXPECT_EQ(text(part, "command-line"), "kho=on\n");
    EXPECT_TRUE(has(text(part, "config"), "missing: neither /proc/config.gz"));
    EXPECT_TRUE(has(text(part, "loaded-for-kexec"), "No such file"));
}

TEST_F(DoctorParts, HaveTheConfigurationAsLuodReadsIt) {
    EXPECT_TRUE(has(text(luoctl::configurationPart(dir.path()), "files"), "everything is at its default"));
    write("etc/luod/luod.conf", "[Sessions]\n");
    write("run/luod/luod.conf.d/50-x.conf", "[Update]\n");
    write("usr/lib/luod/luod.conf", "hidden by the first\n");
    luoctl::Part part = luoctl::configurationPart(dir.path());
    ASSERT_EQ(part.items.size(), 2u);
    EXPECT_EQ(part.items[0].text, "[Sessions]\n");
    EXPECT_EQ(part.items[1].text, "[Update]\n");
}

TEST_F(DoctorParts, ListWhatIsOnDiskWithoutReadingIt) {
    write("var/lib/luod/handover", "contents");
    std::string listing = text(luoctl::statePart(dir.path()), "on-disk");
    EXPECT_TRUE(has(listing, "handover  8 bytes")) << listing;
    EXPECT_FALSE(has(listing, "contents"));
    EXPECT_TRUE(has(text(luoctl::statePart(dir.path()), "of-this-boot"), "missing: "));
}

TEST_F(DoctorParts, LookAtTheDeviceWithoutOpeningIt) {
    ASSERT_EQ(mkdir((dir / "dev").c_str(), 0755), 0);
    ASSERT_EQ(mkfifo((dir / "dev/liveupdate").c_str(), 0640), 0); // to open it would block
    EXPECT_TRUE(has(text(luoctl::devicePart(dir.path()), "node"), "mode 0640"));
    EXPECT_TRUE(has(text(luoctl::devicePart(dir / "nowhere"), "node"), "missing: "));
}

TEST_F(DoctorParts, KeepTheEndOfALongFile) {
    write("long", std::string(1 << 20, 'a') + "end");
    EXPECT_EQ(luoctl::fileItem("long", dir / "long", 5).text, "aaend");
}

TEST(DoctorJournal, WritesALineAsHarmlessText) {
    setenv("TZ", "UTC", 1);
    EXPECT_EQ(textOf(luoctl::JournalLine{1'700'000'000'000'000, "luod", "a\x1b[0m\nb", "0123", 4}),
              "Tue 2023-11-14 22:13:20 UTC <4> luod: a?[0m b [0123]\n");
}

// A journal of its own, beside which luoctl runs; where the test may not mount, it cannot be.
TEST(DoctorJournal, HasTheLastWordsOfItsUnitsAndOfNobodyElse) {
    constexpr const char* journald = "/usr/lib/systemd/systemd-journald";
    if (geteuid() != 0 || access(journald, X_OK) != 0 ||
        luod::tests::run({.command = {"unshare", "-m", "mount", "-t", "tmpfs", "x", "/run"}, .captureErrors = true}).status != 0)
        GTEST_SKIP() << "no journal can be made here";
    luod::tests::Outcome ran = luod::tests::run(
        {.command = {"unshare", "-m", "python3", "-B", luod::tests::sourceFile("tests/cli/with_journal.py"), journald,
                     luod::tests::binary("luoctl"), "doctor", "--json=short"},
         .environment = {{"DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere"}},
         .captureErrors = true});
    ASSERT_EQ(ran.status, 0) << ran.err;
    std::string text = json::parse(ran.out).at("journal").at("units").at("text");
    EXPECT_EQ(std::ranges::count(text, '\n'), 300) << text;
    EXPECT_TRUE(has(text, "<4> test: said 399 [abab"));
    EXPECT_TRUE(has(text, "said at last"));
    EXPECT_LT(text.find("said 398"), text.find("said 399"));
    EXPECT_FALSE(has(text, "said 100 "));
    EXPECT_FALSE(has(text, "nobody's business"));
}

} // namespace
