// SPDX-License-Identifier: LGPL-2.1-or-later
// The check without luod, and how findings are shown.
#include "findings.hpp"
#include "image_samples.hpp"
#include "process.hpp"
#include "proto/errors.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

namespace samples = luod::image::samples;
using luoctl::Finding, luoctl::exitStatus, luoctl::jsonOf, luoctl::textOf;
using luod::tests::Outcome;
using nlohmann::json;

class Check : public testing::Test {
protected:
    luod::tests::TempDir directory;
    const std::string good = directory.write("good", samples::bzImage(samples::vmlinux(), "zstd"));
    const std::string other =
        directory.write("other", samples::bzImage(samples::vmlinux({"kho-v3", "luo-v5", "memfd-v2"}), "xz"));

    // Nobody listens on that bus: the check has no use for it.
    Outcome offline(std::vector<std::string> words) const {
        std::vector<std::string> command{LUOCTL, "check", "--offline"};
        command.insert(command.end(), words.begin(), words.end());
        return luod::tests::run({.command = command,
                                 .environment = {{"LUOD_BUS_ADDRESS", "unix:path=" + directory / "nobody"}},
                                 .captureErrors = true});
    }
    void refused(int status, const std::string& words, std::vector<std::string> line) const {
        Outcome ran = offline(std::move(line));
        EXPECT_EQ(ran.status, status);
        EXPECT_EQ(ran.out, "");
        EXPECT_NE(ran.err.find(words), std::string::npos) << ran.err;
        EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
    }
    std::string verdict(const std::string& out, const std::string& name) const {
        for (const json& finding : json::parse(out))
            if (finding.at("name") == name)
                return finding.at("verdict");
        return "";
    }
};

TEST_F(Check, AKernelThatFits) {
    Outcome ran = offline({"--kernel", good, "--against", good, "--cmdline", "kho=on liveupdate=on"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.err, "");
    EXPECT_NE(ran.out.find("kho-version      ok      kho-v4\n"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("Nothing stops a live update."), std::string::npos) << ran.out;
}

TEST_F(Check, AKernelThatDoesNot) {
    Outcome ran = offline({"--kernel", other, "--against", good, "--json=short"});
    EXPECT_EQ(ran.status, 12) << ran.err;
    EXPECT_EQ(verdict(ran.out, "kho-version"), "error");
    EXPECT_EQ(verdict(ran.out, "luo-version"), "ok");
    EXPECT_EQ(verdict(ran.out, "command-line"), "warning");
    EXPECT_EQ(std::ranges::count(ran.out, '\n'), 1);
}

TEST_F(Check, AgainstSomethingThatIsNotKnown) {
    Outcome ran = offline({"--kernel", good, "--against", directory.write("notes", "text"), "--json=pretty"});
    EXPECT_EQ(ran.status, 13) << ran.err;
    EXPECT_EQ(verdict(ran.out, "kho-version"), "unknown");
}

TEST_F(Check, NoKernel) {
    Outcome ran = offline({"--kernel", directory.write("notes", "text"), "--no-legend"});
    EXPECT_EQ(ran.status, 12);
    EXPECT_TRUE(ran.out.starts_with("image error ")) << ran.out;
}

TEST_F(Check, Initrds) {
    std::string first = directory.write("first", samples::cpio({"kernel/x86/microcode/AuthenticAMD.bin"})),
                second = directory.write("second", samples::compress(samples::cpio({"init", "etc"}), "zstd"));
    Outcome ran = offline({"--kernel", good, "--against", good, "--initrd", first, "--initrd", second});
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_NE(ran.out.find("initrd           ok      3 files"), std::string::npos) << ran.out;
    EXPECT_EQ(offline({"--kernel", good, "--against", good, "--initrd", directory.write("torn", "text")}).status, 12);
}

TEST_F(Check, WhatCannotBeRead) {
    refused(1, "No such file or directory", {"--kernel", directory / "gone"});
    refused(1, "not a regular file", {"--kernel", "/dev/null"});
    refused(1, "No such file or directory", {"--kernel", good, "--against", directory / "gone"});
    refused(1, "No such file or directory", {"--kernel", good, "--initrd", directory / "gone"});
}

TEST_F(Check, Usage) {
    refused(2, "--kernel", {});
    refused(2, "check", {"--kernel", good, "--finish"});
    refused(2, "check", {"--kernel", good, "more"});
}

TEST(Findings, ExitStatus) {
    Finding ok{"a", "ok", "", ""}, warning{"b", "warning", "", ""}, unknown{"c", "unknown", "", ""},
        error{"d", "error", "", ""};
    EXPECT_EQ(exitStatus({}), 0);
    EXPECT_EQ(exitStatus({ok, warning}), 0);
    EXPECT_EQ(exitStatus({ok, unknown, warning}), luod::proto::exitUnknown);
    EXPECT_EQ(exitStatus({unknown, error, ok}), 12);
}

TEST(Findings, Text) {
    std::vector<Finding> findings{{"image", "ok", "bzImage", ""}, {"config", "error", "off\x1b[2J", "switch it\non"}};
    EXPECT_EQ(textOf(findings, true, false), "FINDING VERDICT SEEN\n"
                                             "image   ok      bzImage\n"
                                             "config  error   off?[2J\n"
                                             "\n"
                                             "config: switch it on\n"
                                             "\n"
                                             "1 error, 1 ok. An error stops a live update.\n");
    EXPECT_EQ(textOf({findings[0]}, false, false), "image ok bzImage\n");
    EXPECT_NE(textOf(findings, false, true).find("\x1b[32mok\x1b[0m"), std::string::npos);
    EXPECT_EQ(jsonOf(findings).dump(), R"([{"name":"image","verdict":"ok","seen":"bzImage","advice":null},)"
                                       R"({"name":"config","verdict":"error","seen":"off\u001b[2J",)"
                                       R"("advice":"switch it\non"}])");
}

} // namespace
