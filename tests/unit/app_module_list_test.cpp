// SPDX-License-Identifier: LGPL-2.1-or-later
// Which modules are named, and the program that has them loaded.
#include "app/module_list.hpp"

#include "process.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

namespace luod::app {
namespace {

using Names = std::vector<std::string>;

TEST(ModuleList, Names) {
    for (const char* name : {"vfio_pci", "vfio-pci", "kvm", "8250", "_x"})
        EXPECT_TRUE(isModuleName(name)) << name;
    for (const char* name : {"", "-r", "--remove", "a b", "a=1", "../x", "a/b", "VFIO", "a.ko", "a\n", "$(x)", "\xc3\xa4"})
        EXPECT_FALSE(isModuleName(name)) << name;
    EXPECT_TRUE(isModuleName(std::string(55, 'a')));
    EXPECT_FALSE(isModuleName(std::string(56, 'a')));
}

TEST(ModuleList, OfTheConfiguration) {
    Names names{"old"};
    EXPECT_FALSE(parseModuleNames("good b/d", names));
    EXPECT_EQ(names, Names{"old"});
    EXPECT_TRUE(parseModuleNames(" a\tb-c  d ", names));
    EXPECT_EQ(names, (Names{"a", "b-c", "d"}));
    EXPECT_TRUE(parseModuleNames("", names));
    EXPECT_EQ(names, Names{});
}

TEST(ModuleList, OfTheRecord) {
    EXPECT_EQ(recordedModules(R"({"format":9,"modules":["vfio_pci","--remove",7,"kvm","vfio_pci"]})"), (Names{"vfio_pci", "kvm"}));
    for (const char* other : {"", "{", "[]", "{}", R"({"modules":{}})", R"({"modules":"kvm"})"})
        EXPECT_EQ(recordedModules(other), Names{}) << other;
}

// ---- luod-modules, with a modprobe that writes down what it is told

class LoadModules : public testing::Test {
protected:
    tests::TempDir root;

    LoadModules() {
        for (const char* directory : {"var/lib/luod", "early", "usr/sbin", "sys/module/kvm", "sys/module/vfio_pci", "dev"})
            std::filesystem::create_directories(root.path() / directory);
        root.write("usr/sbin/modprobe", "#!/bin/sh\necho \"$@\"\nexit 3\n");
        std::filesystem::permissions(root / "usr/sbin/modprobe", std::filesystem::perms(0755));
    }
    tests::Outcome load(const std::string& modules) {
        root.write("var/lib/luod/handover", R"({"modules":)" + modules + "}");
        return run();
    }
    tests::Outcome run(const std::vector<std::string>& arguments = {}) const {
        std::vector<std::string> command{LUOD_MODULES, "--root=" + root.path().native()};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return tests::run({.command = command, .captureErrors = true});
    }
    tests::Outcome generate() { return run({root / "normal", root / "early", root / "late"}); }
    bool serviceIsMasked() const { return std::filesystem::is_symlink(root / "early/luod-modules.service"); }
};

TEST_F(LoadModules, WhatIsNotThere) {
    tests::Outcome outcome = load(R"(["kvm","far-away","-r","vfio-pci","iommufd"])");
    EXPECT_EQ(outcome.out, "-a -- far-away iommufd\n");
    EXPECT_EQ(outcome.status, 3); // what modprobe says of it is what the unit says
}

TEST_F(LoadModules, Nothing) {
    tests::Outcome outcome = run(); // no update
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    outcome = load(R"(["kvm","vfio-pci"])"); // there
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "");
}

TEST_F(LoadModules, WithoutModprobe) {
    std::filesystem::remove(root / "usr/sbin/modprobe");
    tests::Outcome outcome = load(R"(["far-away"])");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("may be lost"), std::string::npos) << outcome.err;
}

TEST_F(LoadModules, AGeneratorLeavesNothingToTheService) {
    load(R"(["far-away"])");
    EXPECT_EQ(generate().status, 3); // may be tried again, with more file systems mounted
    EXPECT_FALSE(serviceIsMasked());
    root.write("usr/sbin/modprobe", "#!/bin/sh\nexit 0\n");
    EXPECT_EQ(generate().status, 0);
    EXPECT_TRUE(serviceIsMasked());
}

TEST_F(LoadModules, AGeneratorThatSeesNoRecordLeavesItToTheService) {
    EXPECT_EQ(generate().status, 0);
    EXPECT_FALSE(serviceIsMasked());
    load("[]");
    EXPECT_EQ(generate().status, 0);
    EXPECT_TRUE(serviceIsMasked());
}

TEST_F(LoadModules, AGeneratorSpeaksToTheKernelLog) {
    std::filesystem::remove(root / "usr/sbin/modprobe");
    load(R"(["far-away"])");
    root.write("dev/kmsg", "");
    EXPECT_EQ(generate().err, "");
    EXPECT_NE(std::filesystem::file_size(root / "dev/kmsg"), 0u);
}

TEST_F(LoadModules, OtherArguments) {
    EXPECT_EQ(run({"far-away"}).status, 2);
}

} // namespace
} // namespace luod::app
