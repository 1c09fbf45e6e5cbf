// SPDX-License-Identifier: LGPL-2.1-or-later
// Verdicts, and that what is unknown stays so.
#include "image_samples.hpp"
#include "proto/image/command_line.hpp"
#include "proto/image/judge.hpp"
#include "temp_dir.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace luod::image {
namespace {

using enum Verdict;

Facts kernel(Versions versions) {
    Facts facts;
    facts.container = Container::BzImage;
    facts.architecture = "x86-64";
    facts.release = "7.3.4";
    facts.versions = std::move(versions);
    facts.complete = true;
    return facts;
}

const Versions current{"kho-v4", "luo-v5", "memfd-v2"};

Config configOf(std::vector<std::string> symbols) {
    Config config;
    for (std::string& symbol : symbols)
        config.emplace("CONFIG_" + symbol, "y");
    return config;
}

class Judge : public testing::Test {
protected:
    Case question{kernel(current), kernel(current), {"memfd"}, "quiet kho=on liveupdate=on"};

    Finding about(const std::string& name) const {
        Findings findings = judge(question);
        auto found = std::ranges::find(findings, name, &Finding::name);
        EXPECT_NE(found, findings.end()) << name;
        return found == findings.end() ? Finding{} : *found;
    }
    void expect(const std::string& name, Verdict verdict, const std::string& advice = "") const {
        Finding finding = about(name);
        EXPECT_EQ(word(finding.verdict), word(verdict)) << name << ": " << finding.seen;
        EXPECT_EQ(finding.advice.empty(), verdict == Ok) << name << ": " << finding.advice;
        EXPECT_NE(finding.advice.find(advice), std::string::npos) << finding.advice;
        EXPECT_NE(finding.seen, "");
    }
};

TEST_F(Judge, TheSameKernelIsGood) {
    for (const Finding& finding : judge(question))
        EXPECT_EQ(finding.verdict, Ok) << finding.name << ": " << finding.seen << finding.advice;
    EXPECT_EQ(judge(question).size(), 7u);
}

TEST_F(Judge, EachLayersMismatchDoesItsOwnDamage) {
    question.target.versions = {"kho-v3", "luo-v5", "memfd-v2"};
    expect("kho-version", Error, "no error before");
    expect("luo-version", Ok);
    question.target.versions = {"kho-v4", "luo-v1", "memfd-v2"};
    expect("luo-version", Error, "panic");
    question.target.versions = {"kho-v4", "luo-v5", "memfd-v1"};
    expect("handler-versions", Error, "EIO");
    expect("kho-version", Ok);
}

TEST_F(Judge, AnotherFormatOfSessionsIsAnotherLuo) {
    question.running.versions = {"kho-v1", "luo-v1", "luo-session-v1", "luo-flb-v1", "memfd-v1"};
    question.target.versions = {"kho-v1", "luo-v1", "luo-session-v2", "luo-flb-v1", "memfd-v1"};
    expect("luo-version", Error, "panic");
}

TEST_F(Judge, WhatAWholeImageHasNotIsMissing) {
    question.target.versions = {};
    expect("kho-version", Error, "no error anywhere");
    expect("luo-version", Error, "kho-version");
    question.target.versions = {"kho-v4"};
    expect("luo-version", Error, "/dev/liveupdate");
    question.target.versions = {"kho-v4", "luo-v5"};
    expect("handler-versions", Error, "EIO");
}

TEST_F(Judge, WhatWasNotSeenIsUnknown) {
    question.target.complete = false;
    question.target.trouble = "torn";
    question.target.versions = {"kho-v4"};
    expect("image", Unknown, "whole");
    expect("kho-version", Ok);
    expect("luo-version", Unknown);
    expect("handler-versions", Unknown);
    expect("config", Unknown);
    question.target.config = configOf({"KEXEC_HANDOVER"}); // then it is known, after all
    expect("luo-version", Error);
}

TEST_F(Judge, NothingIsComparedWithAnUnknownKernel) {
    question.running = {};
    question.running.trouble = "there is no image of it";
    for (const char* name : {"architecture", "kho-version", "luo-version", "handler-versions"})
        expect(name, Unknown);
    EXPECT_NE(about("kho-version").seen.find("there is no image of it"), std::string::npos);
    expect("config", Ok);
}

TEST_F(Judge, TwoVersionsOfOneThingAreUnknown) {
    question.target.versions.insert("kho-v3");
    expect("kho-version", Unknown);
    question.running.versions.insert("kho-v3");
    expect("kho-version", Unknown);
}

TEST_F(Judge, AHandlerMayBeInAModule) {
    question.handlers = {"memfd", "vfio-pci"};
    Findings findings = judge(question);
    ASSERT_EQ(std::ranges::count(findings, "handler-versions", &Finding::name), 2);
    auto last = std::ranges::find_if(findings, [](const Finding& f) { return f.seen.find("vfio-pci") != f.seen.npos; });
    ASSERT_NE(last, findings.end());
    EXPECT_EQ(last->verdict, Unknown);
    question.running.versions.insert("vfio-pci-v1");
    question.target.versions.insert("vfio-pci-v1");
    EXPECT_TRUE(std::ranges::all_of(judge(question), [](const Finding& f) { return f.verdict == Ok; }));
}

TEST_F(Judge, Architecture) {
    question.target.architecture = "arm64";
    expect("architecture", Error, "cannot run");
    question.target.architecture = "";
    expect("architecture", Unknown);
}

TEST_F(Judge, WhatKexecTakes) {
    question.target.container = Container::Uki;
    expect("image", Warning, "kexec_file_load");
    EXPECT_EQ(notAnImage("a script").verdict, Error);
}

TEST_F(Judge, ConfigThatIsOff) {
    question.target.versions = {};
    question.target.config = configOf({"MEMFD_CREATE"});
    expect("config", Error, "CONFIG_KEXEC_HANDOVER=y, CONFIG_LIVEUPDATE=y, CONFIG_LIVEUPDATE_MEMFD=y");
    question.target.config = configOf({"KEXEC_HANDOVER", "LIVEUPDATE"});
    expect("config", Error, "CONFIG_LIVEUPDATE_MEMFD=y");
    question.target.config = configOf({"KEXEC_HANDOVER", "LIVEUPDATE", "LIVEUPDATE_MEMFD"});
    expect("config", Ok);
}

TEST_F(Judge, ConfigOfAnotherBuild) {
    question.target.config = Config{};
    expect("config", Warning, "another build");
    expect("kho-version", Ok);
}

TEST_F(Judge, CommandLine) {
    question.cmdline = "quiet";
    expect("command-line", Error, "liveupdate=on");
    question.cmdline = "liveupdate=on";
    expect("command-line", Unknown, "kho=on");
    question.target.config = configOf({"KEXEC_HANDOVER", "LIVEUPDATE", "LIVEUPDATE_MEMFD"});
    expect("command-line", Error, "kho=on");
    question.target.config->emplace("CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT", "y");
    expect("command-line", Ok);
    question.cmdline = "liveupdate=on kho=off";
    expect("command-line", Error, "kho=on");
    question.cmdline = "liveupdate=on kho=1 liveupdate=0";
    expect("command-line", Error, "liveupdate=on");
    question.cmdline.reset();
    expect("command-line", Warning, "luod puts them there");
    question.target.cmdline = "liveupdate=y"; // a unified image's own
    expect("command-line", Ok);
}

TEST(CommandLine, IsReadAsTheKernelReadsIt) {
    EXPECT_EQ(parameters(" a  b=\"c d\" \"e f\" -- kho=on"), (std::vector<std::string>{"a", "b=c d", "e f"}));
    EXPECT_EQ(flag("kho=on kho=off", "kho"), false);
    EXPECT_EQ(flag("kho=on -- kho=off", "kho"), true);
    EXPECT_EQ(flag("kho=maybe", "kho"), std::nullopt);
    EXPECT_EQ(flag("khos=on kho", "kho"), std::nullopt);
    EXPECT_EQ(flag("\"kho=Yes\"", "kho"), true);
}

TEST(CommandLine, OfTheConfiguration) {
    Config config{{"CONFIG_CMDLINE", "kho=on"}};
    EXPECT_EQ(flag(effective("", config), "kho"), true);
    EXPECT_EQ(flag(effective("kho=off", config), "kho"), false);
    EXPECT_EQ(flag(effective("quiet", config), "kho"), std::nullopt);
    config.emplace("CONFIG_CMDLINE_BOOL", "y");
    EXPECT_EQ(flag(effective("quiet", config), "kho"), true);
    config.emplace("CONFIG_CMDLINE_OVERRIDE", "y");
    EXPECT_EQ(flag(effective("kho=off", config), "kho"), true);
}

// ---- modules and initrd

class JudgeModules : public Judge {
protected:
    tests::TempDir root;

    JudgeModules() {
        question.handlers = {"memfd", "vfio-pci"};
        std::filesystem::create_directories(root.path() / "usr/lib/modules/7.3.4/kernel/drivers/vfio/pci");
    }
    Verdict modules() const {
        Findings findings = judgeModules(question, ModuleTree(root.path(), "7.3.4"));
        EXPECT_EQ(findings.size(), 1u);
        return findings.at(0).verdict;
    }
    Verdict initrd(std::vector<std::string> paths, std::string trouble = "") const {
        return judgeInitrd(question, {std::move(paths), std::move(trouble)}, tree()).verdict;
    }
    ModuleTree tree() const { return ModuleTree(root.path(), "7.3.4"); }
};

TEST_F(JudgeModules, InTheTree) {
    EXPECT_EQ(modules(), Error);
    root.write("usr/lib/modules/7.3.4/kernel/drivers/vfio/pci/vfio-pci.ko.xz", "");
    EXPECT_EQ(modules(), Ok);
}

TEST_F(JudgeModules, BuiltIn) {
    root.write("usr/lib/modules/7.3.4/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
    EXPECT_EQ(modules(), Ok);
    question.target.versions.insert("vfio-pci-v1");
    EXPECT_TRUE(judgeModules(question, ModuleTree(root.path(), "7.3.4")).empty());
}

TEST_F(JudgeModules, WithoutATree) {
    EXPECT_EQ(judgeModules(question, ModuleTree(root.path(), "9.9.9")).at(0).verdict, Unknown);
    EXPECT_EQ(judgeModules(question, ModuleTree(root.path(), "..")).at(0).verdict, Unknown);
}

TEST_F(JudgeModules, OfDriversAndOfThoseNamed) {
    root.write("usr/lib/modules/7.3.4/kernel/drivers/vfio/pci/vfio-pci.ko.xz", "");
    question.modules = {"vfio-pci", "far-away"};
    Findings findings = judgeModules(question, tree());
    ASSERT_EQ(findings.size(), 2u); // vfio-pci is a handler's, and not looked at twice
    EXPECT_EQ(findings[0].verdict, Ok);
    EXPECT_EQ(findings[1].verdict, Error);
    EXPECT_NE(findings[1].seen.find("far_away"), std::string::npos) << findings[1].seen;
}

TEST_F(JudgeModules, ToBeLoaded) {
    question.modules = {"far-away", "near"};
    root.write("usr/lib/modules/7.3.4/modules.builtin", "kernel/near.ko\n");
    EXPECT_EQ(modulesToLoad(question, tree()), (std::vector<std::string>{"vfio_pci", "far_away"}));
    question.handlers = {"memfd"};
    question.modules = {};
    EXPECT_TRUE(modulesToLoad(question, tree()).empty());
}

// Whatever is in an initrd, nothing of it is loaded before its systemd is PID 1.
TEST_F(JudgeModules, InTheInitrd) {
    const std::string systemd = "usr/lib/systemd/systemd", module = "usr/lib/modules/7.3.4/kernel/vfio-pci.ko.zst";
    EXPECT_EQ(initrd({"init"}), Ok);
    EXPECT_EQ(initrd({"init"}, "torn"), Unknown);
    EXPECT_EQ(initrd({systemd, module}), Warning);
    question.systemd = 260;
    EXPECT_EQ(initrd({systemd}), Ok);
    question.systemd = 261;
    EXPECT_EQ(initrd({systemd}), Error);
    EXPECT_EQ(initrd({systemd, module}), Error);
    EXPECT_EQ(initrd({"init"}), Ok);
}

TEST_F(JudgeModules, WithNothingToLoadAnInitrdOnlyHasToBeWhole) {
    const std::string systemd = "usr/lib/systemd/systemd";
    question.systemd = 261;
    root.write("usr/lib/modules/7.3.4/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
    EXPECT_EQ(initrd({systemd}), Ok);
    question.handlers = {"memfd"};
    EXPECT_EQ(initrd({systemd}), Ok);
    EXPECT_EQ(initrd({systemd}, "torn"), Warning);
    EXPECT_EQ(initrd({}, "torn"), Error);
}

} // namespace
} // namespace luod::image
