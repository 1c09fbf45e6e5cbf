// SPDX-License-Identifier: LGPL-2.1-or-later
// luoctl as it is run, against the mock.
#include "luoctl_run.hpp"
#include "proto/errors.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using cli::Luoctl, cli::Outcome, cli::Pipe;
using nlohmann::json;

std::string bigContent() {
    std::string content(3 << 20, '\0');
    for (size_t i = 0; i < content.size(); i += 4099)
        content[i] = char('a' + i % 26);
    return content;
}

TEST_F(Luoctl, StatusIsTheDefaultAndSaysWhatToDoNext) {
    std::string text = ok({});
    EXPECT_EQ(text, ok({"status"}));
    EXPECT_NE(text.find("7.3.4"), std::string::npos);
    EXPECT_NE(text.find("luoctl create"), std::string::npos);
    setAvailable(false);
    EXPECT_NE(ok({}).find("liveupdate=on"), std::string::npos);
    EXPECT_EQ(ok({"status", "-P", "Available"}), "no\n");
    EXPECT_EQ(ok({"-p", "Version,LiveUpdates"}), "Version=0.mock\nLiveUpdates=1\n");
}

TEST_F(Luoctl, CreateListShowDiscard) {
    EXPECT_EQ(ok({"create", "vm one"}), "/org/luod1/session/1\n");
    EXPECT_EQ(ok({"create", "-q", "vm2"}), "");
    std::string table = ok({"list"});
    EXPECT_NE(table.find("NAME   OWNER DIRECTION STATE  FILES SIZE UNIT"), std::string::npos) << table;
    EXPECT_NE(table.find("2 sessions."), std::string::npos);
    EXPECT_EQ(ok({"list", "--no-legend"}), "vm one root outgoing active 0 0B vm.service\n"
                                           "vm2    root outgoing active 0 0B vm.service\n");
    EXPECT_EQ(ok({"list", "-P", "Name"}), "vm one\nvm2\n");
    json list = json::parse(ok({"list", "--json=short"}));
    EXPECT_EQ(list.at(1).at("name"), "vm2");
    EXPECT_NE(ok({"show", "vm2"}).find("luod.0.vm2"), std::string::npos);
    EXPECT_EQ(ok({"show", "/org/luod1/session/2", "-P", "Created"}), "1700000000000000\n");
    EXPECT_EQ(ok({"discard", "vm one", "vm2"}), "");
    EXPECT_EQ(json::parse(ok({"list", "--json=pretty"})), json::array());
}

TEST_F(Luoctl, QuotasAreATableOfWhatIsUsedAndMayBe) {
    EXPECT_EQ(ok({"quota"}), "USER  SESSIONS  BYTES\n"
                             "root       1/- 512B/-\n"
                             "54321      2/2  3G/8G\n"
                             "(all)   3/4096 3G/16G\n");
    json rows = json::parse(ok({"quota", "--json=short"}));
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows.at(0).at("owner"), 0);
    EXPECT_EQ(rows.at(0).at("sessions"), (json{{"used", 1}, {"limit", nullptr}}));
    EXPECT_EQ(rows.at(1).at("bytes"), (json{{"used", 3ULL << 30}, {"limit", 8ULL << 30}}));
    EXPECT_EQ(rows.at(2).at("owner"), nullptr);
    EXPECT_EQ(rows.at(2).at("bytes").at("used"), (3ULL << 30) + 512);
    ok({"quota", "--owner=54321"});
    EXPECT_EQ(seen("GetQuotas"), "owner=54321");
}

TEST_F(Luoctl, ASessionIsBoundToItsUnitWhereThatIsAsked) {
    create("free");
    EXPECT_EQ(ok({"show", "free", "-P", "BoundToUnit,SecurityLabel"}), "no\n\n");
    ok({"create", "bound", "--bind-to-unit"});
    EXPECT_EQ(seen("CreateSession"), "bind-to-unit=1");
    EXPECT_EQ(ok({"show", "bound", "-P", "BoundToUnit,SecurityLabel"}), "yes\nsystem_u:vmm_t\n");
    EXPECT_NE(ok({"show", "bound"}).find("vm.service (bound to it)"), std::string::npos);
    json shown = json::parse(ok({"show", "bound", "--json=short"})).at(0);
    EXPECT_EQ(shown.at("bound_to_unit"), true);
    EXPECT_EQ(shown.at("security_label"), "system_u:vmm_t");
}

TEST_F(Luoctl, AFileGoesInAndComesOut) {
    std::string content = bigContent();
    create("vm1");
    EXPECT_EQ(ok({"preserve", "vm1", "ram", "-", "--metadata", "node=0"}, content), "1\n");
    EXPECT_EQ(ok({"preserve", "vm1", "7", "--name=second"}, "seven"), "7\n");
    EXPECT_EQ(ok({"preserve", "vm1", "third", "--by-luod", "-q"}, "eight"), "");
    json shown = json::parse(ok({"show", "vm1", "--json=short"})).at(0);
    EXPECT_EQ(shown.at("files").at(0).at("metadata"), (json{{"node", "0"}}));
    EXPECT_EQ(shown.at("files").at(0).at("size"), content.size());
    EXPECT_EQ(shown.at("files").at(2).at("token"), 8);
    kexec();
    EXPECT_EQ(ok({"retrieve", "vm1", "ram"}), content);
    EXPECT_EQ(ok({"retrieve", "vm1", "0x7", "--by-luod"}), "seven");
    EXPECT_EQ(ok({"retrieve", "vm1", "third", "--finish"}), "eight");
    EXPECT_EQ(ok({"list", "--no-legend"}), "");
}

TEST_F(Luoctl, AFileComesFromAndGoesToTheDisk) {
    luod::tests::TempDir directory;
    std::string in = directory / "in", out = directory / "out", content = bigContent();
    std::ofstream(in) << content;
    std::filesystem::resize_file(in, 64 << 20); // a hole behind it
    create("vm1");
    ok({"preserve", "vm1", "ram", in});
    kexec();
    ok({"retrieve", "vm1", "-o", out});
    std::string back(std::istreambuf_iterator<char>(std::ifstream(out).rdbuf()), {});
    EXPECT_EQ(back.size(), 64u << 20);
    EXPECT_EQ(back.substr(0, content.size()), content);
    struct stat status {};
    ASSERT_EQ(stat(out.c_str(), &status), 0);
    EXPECT_LT(status.st_blocks * 512, 8 << 20) << "the hole was written out";
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    refusedSaying(1, "cannot open", {"retrieve", "vm1", "-o", directory / "."});
    refusedSaying(1, "cannot open", {"preserve", "vm1", "x", directory / "nothing"});
}

TEST_F(Luoctl, ACommandInheritsTheFiles) {
    create("vm1");
    ok({"preserve", "vm1", "ram"}, "memory");
    ok({"preserve", "vm1", "40"}, "forty");
    kexec();
    EXPECT_EQ(ok({"retrieve", "vm1", "--", "sh", "-c",
                  "[ $LISTEN_PID = $$ ] && echo $LISTEN_FDS $LISTEN_FDNAMES && cat <&3 && cat <&4"}),
              "2 ram:token-40\nmemoryforty");
    EXPECT_EQ(luoctl({"retrieve", "vm1", "40", "--finish", "--", "sh", "-c", "exit 42"}).status, 42);
    EXPECT_EQ(ok({"list", "--no-legend"}), "");
}

TEST_F(Luoctl, ACommandInheritsNothingElse) {
    create("vm1");
    ok({"preserve", "vm1", "ram"}, "memory");
    kexec();
    EXPECT_EQ(ok({"retrieve", "vm1", "--", "find", "/proc/self/fd", "-lname", "*memfd:ram*", "-printf", "%f "}), "3 ");
    EXPECT_EQ(ok({"retrieve", "vm1", "--", "find", "/proc/self/fd", "-lname", "socket:*", "-printf", "%f "}), "");
}

TEST_F(Luoctl, FinishWaitsUntilTheContentHasArrived) {
    create("vm1");
    ok({"preserve", "vm1", "ram"}, bigContent());
    kexec();
    Pipe nobody;
    nobody.reading.reset();
    Outcome outcome = startLuoctl({"retrieve", "vm1", "--finish"}, nobody.writing.get()).finish();
    EXPECT_NE(outcome.err.find("went away"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(ok({"list", "-P", "Name"}), "vm1\n");
}

TEST_F(Luoctl, AnInheritedDescriptorIsHandedOver) {
    std::string session = create("vm1");
    // 0 is inherited as well as any other.
    EXPECT_EQ(ok({"preserve", "vm1", "ram", "--fd=0"}, "by number"), "1\n");
    refusedSaying(2, "is not open", {"preserve", "vm1", "x", "--fd=99"});
    refusedSaying(2, "either a FILE or --fd", {"preserve", "vm1", "x", "file", "--fd=0"});
    kexec();
    EXPECT_EQ(ok({"retrieve", "vm1", "ram"}), "by number");
}

TEST_F(Luoctl, ATakenNameIsFoundBeforeTheKernelHasTheFile) {
    create("vm1");
    ok({"preserve", "vm1", "ram"}, "1");
    refusedSaying(7, "under token 1", {"preserve", "vm1", "ram"});
    refusedSaying(7, "under token 1", {"preserve", "vm1", "5", "--name=ram"});
    ok({"preserve", "vm1", "5"}, "5");
}

TEST_F(Luoctl, ATokenThatLuodDoesNotKnowOfIsSteppedOver) {
    std::string session = create("vm1");
    fail("NotePreserved", "org.luod1.Error.LedgerTrouble", "full");
    refusedSaying(11, "could not note", {"preserve", "vm1", "a"});
    fail("NotePreserved", "", "");
    EXPECT_EQ(ok({"preserve", "vm1", "b"}, "b"), "2\n");
}

TEST_F(Luoctl, WhatLuodSaysToDoNextIsEnough) {
    fail("CreateSession", "org.luod1.Error.Busy", "the device is in use; wait for it");
    EXPECT_EQ(refused(5, {"create", "vm1"}), "luoctl: cannot create session vm1: the device is in use; wait for it\n");
}

TEST_F(Luoctl, AnnotateChangesOnlyWhatIsNamed) {
    create("vm1");
    ok({"preserve", "vm1", "ram", "--metadata=a=1", "--metadata=b=x=y"}, "m");
    ok({"annotate", "vm1", "ram", "--metadata=a", "--metadata=c="});
    ok({"annotate", "vm1", "1", "--name=memory"});
    json file = json::parse(ok({"show", "vm1", "--json=short"})).at(0).at("files").at(0);
    EXPECT_EQ(file.at("name"), "memory");
    EXPECT_EQ(file.at("metadata"), (json{{"b", "x=y"}, {"c", ""}}));
    refusedSaying(2, "nothing to change", {"annotate", "vm1", "1"});
}

TEST_F(Luoctl, TakeOutTakesOutAllOrNothing) {
    create("vm1");
    for (const char* name : {"a", "b", "c"})
        ok({"preserve", "vm1", name, "--by-luod"}, name);
    refusedSaying(3, "file d", {"take-out", "vm1", "a", "d"});
    ok({"take-out", "vm1", "a", "3"});
    EXPECT_EQ(json::parse(ok({"show", "vm1", "--json=short"})).at(0).at("files").size(), 1u);
    ok({"preserve", "vm1", "e"}, "borrowed");
    refused(10, {"take-out", "vm1", "b"});
}

TEST_F(Luoctl, EveryErrorOfLuodHasItsExitCodeAndSaysWhatNext) {
    for (const auto& row : luod::proto::errors) {
        fail("CreateSession", ("org.luod1.Error." + std::string(row.name)).c_str(), "two\nlines of words.");
        std::string line = refused(row.exitCode, {"create", "vm1"});
        EXPECT_TRUE(line.starts_with("luoctl: cannot create session vm1: two lines of words; ")) << line;
    }
    fail("CreateSession", "org.freedesktop.DBus.Error.AccessDenied", "no");
    refused(4, {"create", "vm1"});
    fail("CreateSession", "org.freedesktop.DBus.Error.UnknownMethod", "no");
    refused(1, {"create", "vm1"});
}

TEST_F(Luoctl, SaysWhenLuodOrTheBusCannotBeReached) {
    endMock();
    std::string line = refused(6, {"status"});
    EXPECT_NE(line.find("systemctl status luod"), std::string::npos) << line;
}

TEST_F(Luoctl, RefusesWhatItCannotUnderstand) {
    create("vm1");
    refusedSaying(2, "unknown verb", {"frobnicate"});
    refusedSaying(2, "unknown option --frob", {"list", "--frob"});
    refusedSaying(2, "needs an argument", {"list", "--owner"});
    refusedSaying(2, "does not go with list", {"list", "--finish"});
    refusedSaying(2, "luoctl show SESSION...", {"show"});
    refusedSaying(2, "--json=xml", {"--json=xml"});
    refusedSaying(2, "no property Nonsense", {"list", "-p", "Nonsense"});
    refusedSaying(2, "exclude each other", {"list", "--incoming", "--outgoing"});
    refusedSaying(2, "cannot go to another host", {"-H", "far", "retrieve", "vm1"});
    refusedSaying(2, "the session holds no files", {"retrieve", "vm1"});
    refusedSaying(2, "18446744073709551616", {"preserve", "vm1", "18446744073709551616"});
    refusedSaying(3, "session vm9", {"show", "vm9"});
    refusedSaying(3, "session", {"finish", "/org/luod1/session/9"});
    refusedSaying(10, "cannot finish", {"finish", "vm1"});
}

TEST_F(Luoctl, ManyFilesNeedANameOrACommand) {
    create("vm1");
    ok({"preserve", "vm1", "a"}, "1");
    ok({"preserve", "vm1", "b"}, "2");
    kexec();
    refusedSaying(2, "there are 2 files", {"retrieve", "vm1"});
    refusedSaying(2, "no command", {"retrieve", "vm1", "--"});
}

TEST_F(Luoctl, MonitorPrintsEventsUntilItIsToldToStop) {
    Pipe errors;
    cli::Process monitor = startLuoctl({"monitor", "--json=short"}, -1, errors.writing.get());
    EXPECT_TRUE(luod::tests::readLine(errors.reading.get()).starts_with("Watching")); // it is subscribed
    create("vm1");
    ok({"preserve", "vm1", "ram"}, "m");
    ok({"discard", "vm1"});
    json added = json::parse(luod::tests::readLine(monitor.out()));
    json preserved = json::parse(luod::tests::readLine(monitor.out()));
    json removed = json::parse(luod::tests::readLine(monitor.out()));
    EXPECT_EQ(added.at("event"), "session-added");
    EXPECT_EQ(preserved.at("event"), "file-preserved");
    EXPECT_EQ(preserved.at("session"), "vm1");
    EXPECT_EQ(preserved.at("token"), 1);
    EXPECT_EQ(removed.at("session"), "vm1");
    monitor.signal(SIGINT);
    EXPECT_EQ(monitor.wait(), 0);
}

TEST_F(Luoctl, HelpAndVersionNeedNoBus) {
    endMock();
    EXPECT_NE(ok({"--help"}).find("take-out"), std::string::npos);
    EXPECT_TRUE(ok({"list", "--version"}).starts_with("luoctl "));
}

} // namespace
