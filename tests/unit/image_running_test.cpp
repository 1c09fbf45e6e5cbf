// SPDX-License-Identifier: LGPL-2.1-or-later
// Modules, and what is known of the kernel that runs, from made-up roots.
#include "image_samples.hpp"
#include "proto/image/modules.hpp"
#include "proto/image/running.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

namespace luod::image {
namespace {

using Place = ModuleTree::Place;

class Running : public testing::Test {
protected:
    tests::TempDir root;
    const std::string tree = "usr/lib/modules/7.3.4/";

    Running() {
        put("proc/sys/kernel/osrelease", "7.3.4\n");
        put("proc/version", std::string(samples::banner) + "\n");
    }
    void put(const std::string& name, const std::string& content) {
        std::filesystem::create_directories((root.path() / name).parent_path());
        root.write(name, content);
    }
};

TEST_F(Running, ItsImageOnDisk) {
    put("boot/vmlinuz-7.3.4", samples::bzImage(samples::vmlinux()));
    put("boot/config-7.3.4", "CONFIG_LIVEUPDATE=y\n");
    Facts facts = runningFacts(root.path());
    EXPECT_TRUE(facts.complete);
    EXPECT_EQ(facts.versions, (Versions{"kho-v4", "luo-v5", "memfd-v2"}));
    EXPECT_TRUE(facts.config);
}

TEST_F(Running, ItsImageInTheModuleTree) {
    put(tree + "vmlinuz", samples::bzImage(samples::vmlinux()));
    EXPECT_TRUE(runningFacts(root.path()).complete);
}

TEST_F(Running, AnImageOfAnotherBuildProvesNothing) {
    put("boot/vmlinuz-7.3.4", samples::bzImage(samples::vmlinux()));
    put("proc/version", "Linux version 7.3.4 (luod@rig) (gcc) #8 SMP @0\n");
    Facts facts = runningFacts(root.path());
    EXPECT_FALSE(facts.complete);
    EXPECT_TRUE(facts.versions.empty());
    EXPECT_NE(facts.trouble.find("not the build that runs"), std::string::npos) << facts.trouble;
    put(tree + "vmlinuz", samples::bzImage(samples::vmlinux()));
    EXPECT_FALSE(runningFacts(root.path()).complete);
}

TEST_F(Running, WithoutAnImage) {
    Facts facts = runningFacts(root.path());
    EXPECT_FALSE(facts.complete);
    EXPECT_EQ(facts.release, "7.3.4");
    EXPECT_NE(facts.architecture, "");
    EXPECT_NE(facts.trouble.find("7.3.4"), std::string::npos);
    // debugfs knows two of the layers, but no handler.
    put("sys/kernel/debug/kho/out/fdt", std::string("\xd0\x0d\xfe\xed\0\0\0\0kho-v4\0\0", 16));
    put("sys/kernel/debug/kho/out/sub_fdts/LUO", std::string("luo-v5\0\0", 8));
    facts = runningFacts(root.path());
    EXPECT_EQ(facts.versions, (Versions{"kho-v4", "luo-v5"}));
    EXPECT_FALSE(facts.complete);
}

TEST_F(Running, WhatTheKernelShowsOverrulesASearch) {
    put("boot/vmlinuz-7.3.4", samples::bzImage(samples::vmlinux({"kho-v3", "kho-v4", "luo-v5", "memfd-v2"})));
    put("sys/kernel/debug/kho/out/fdt", std::string("\0kho-v4\0", 8));
    put("proc/config.gz", samples::compress("CONFIG_KEXEC_HANDOVER=y\n", "gzip"));
    Facts facts = runningFacts(root.path());
    EXPECT_EQ(facts.versions, (Versions{"kho-v4", "luo-v5", "memfd-v2"}));
    EXPECT_EQ(facts.configSource, "/proc/config.gz");
    EXPECT_TRUE(isOn(*facts.config, "CONFIG_KEXEC_HANDOVER"));
}

TEST_F(Running, HandlersInModules) {
    put(tree + "kernel/vfio-pci.ko.zst",
        samples::compress(samples::elf({{".data", samples::kernelText({"vfio-pci-v1", "x-v3"})}}), "zstd"));
    put("boot/vmlinuz-7.3.4", samples::bzImage(samples::vmlinux()));
    Facts facts = runningFacts(root.path());
    addModuleVersions(facts, {"memfd", "vfio-pci", "iommufd"}, root.path());
    EXPECT_EQ(facts.versions, (Versions{"kho-v4", "luo-v5", "memfd-v2", "vfio-pci-v1"}));
}

TEST_F(Running, ModuleTree) {
    put(tree + "modules.builtin", "kernel/fs/ext4/ext4.ko\nkernel/drivers/iommu/iommufd/iommufd.ko\n");
    for (const char* end : {"", ".xz", ".zst", ".gz"})
        put(tree + "kernel/a/some-module.ko" + end, "");
    put(tree + "kernel/torn.ko.xz", samples::compress(std::string(1000, 'x'), "xz").substr(0, 60));
    ModuleTree modules(root.path(), "7.3.4");
    EXPECT_TRUE(modules.exists());
    EXPECT_EQ(modules.find("iommufd"), Place::BuiltIn);
    EXPECT_EQ(modules.find("vfio-pci"), Place::Missing);
    EXPECT_EQ(modules.find("some_module"), Place::File);
    EXPECT_EQ(modules.find("torn"), Place::File);
    EXPECT_EQ(modules.versions("torn"), std::nullopt);
    EXPECT_EQ(modules.versions("vfio-pci"), std::nullopt);
    EXPECT_FALSE(ModuleTree(root.path(), "7.3.5").exists());
}

TEST(ModuleName, AsTheKernelCallsIt) {
    EXPECT_EQ(moduleName("kernel/drivers/vfio/pci/vfio-pci.ko.xz"), "vfio_pci");
    EXPECT_EQ(moduleName("kvm.ko"), "kvm");
    EXPECT_EQ(moduleName("kvm.ko.gz"), "kvm");
    EXPECT_EQ(moduleName("modules.dep"), "");
    EXPECT_EQ(moduleName(".ko"), "");
}

} // namespace
} // namespace luod::image
