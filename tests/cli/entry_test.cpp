// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernels by the boot loader's entries, and initrds put together.
#include "entry.hpp"
#include "failure.hpp"
#include "temp_dir.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace {

using namespace luoctl;

std::string contentOf(const Fd& file) {
    std::string content(size_t(lseek(file.get(), 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(file.get(), content.data(), content.size(), 0), ssize_t(content.size()));
    return content;
}

class Entries : public testing::Test {
protected:
    void write(const std::string& path, const std::string& content) {
        std::filesystem::path full = std::filesystem::path(root) / path;
        std::filesystem::create_directories(full.parent_path());
        std::ofstream(full) << content;
    }

    luod::tests::TempDir directory;
    std::string root = directory / "root";
};

TEST_F(Entries, GiveKernelInitrdsAndCommandLine) {
    write("boot/v1/linux", "kernel one");
    write("boot/v1/initrd", "initrd one");
    write("boot/v1/ucode", "ucode");
    write("boot/loader/entries/one.conf", "title One\nversion 1\nlinux /v1/linux\ninitrd /v1/ucode\ninitrd "
                                          "/v1/initrd\noptions root=/dev/sda\noptions quiet\n");
    for (const char* id : {"default", "one", "one.conf"}) {
        NextKernel next = kernelOfEntry(id, root);
        EXPECT_EQ(contentOf(next.kernel), "kernel one");
        ASSERT_EQ(next.initrds.size(), 2u);
        EXPECT_EQ(contentOf(together(next.initrds)), std::string("ucode\0\0\0initrd one\0\0", 20));
        EXPECT_EQ(next.cmdline, "root=/dev/sda quiet");
        EXPECT_TRUE(next.kernelPath.ends_with("boot/v1/linux")) << next.kernelPath;
    }
    try {
        kernelOfEntry("two", root);
        FAIL() << "there is no such entry";
    } catch (const Failure& failure) {
        EXPECT_NE(failure.line.find("one.conf"), std::string::npos) << failure.line;
    }
}

TEST_F(Entries, ThereMustBeSome) {
    std::filesystem::create_directories(root);
    EXPECT_THROW(kernelOfEntry("default", root), Failure);
}

TEST_F(Entries, WhatIsNoUnifiedImageIsNotTakenApart) {
    write("vmlinuz", "MZ but nothing else");
    EXPECT_FALSE(kernelOfUnified(std::filesystem::path(root) / "vmlinuz"));
}

// The kernel loads no file that somebody could still write.
TEST(NextKernel, WhatIsHandedOverCannotBeWritten) {
    Fd file = fileWith("kernel", "content");
    EXPECT_EQ(fcntl(file.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
    EXPECT_EQ(contentOf(file), "content");
}

} // namespace
