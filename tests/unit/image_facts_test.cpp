// SPDX-License-Identifier: LGPL-2.1-or-later
// What is read from a kernel, however it is wrapped.
#include "image_samples.hpp"
#include "proto/image/decompress.hpp"
#include "proto/image/facts.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

namespace luod::image {
namespace {

using tests::TempDir;
const Versions expected{"kho-v4", "luo-v5", "memfd-v2"};

Facts read(const std::string& image) {
    auto facts = inspect(bytesOf(image));
    EXPECT_TRUE(facts) << facts.error();
    return facts.value_or(Facts{});
}

void expectKernel(const Facts& facts) {
    EXPECT_EQ(facts.trouble, "");
    EXPECT_TRUE(facts.complete);
    EXPECT_EQ(facts.release, "7.3.4");
    EXPECT_EQ(facts.banner, samples::banner);
    EXPECT_EQ(facts.versions, expected);
    EXPECT_FALSE(facts.versionsTrusted);
}

class EveryCompression : public testing::TestWithParam<const char*> {};

TEST_P(EveryCompression, BzImage) {
    Facts facts = read(samples::bzImage(samples::vmlinux(), GetParam()));
    expectKernel(facts);
    EXPECT_EQ(facts.container, Container::BzImage);
    EXPECT_EQ(facts.architecture, "x86-64");
    EXPECT_EQ(facts.compression, GetParam());
}

TEST_P(EveryCompression, Zboot) {
    Facts facts = read(samples::zboot(samples::arm64Image(samples::kernelText(samples::current)), GetParam()));
    expectKernel(facts);
    EXPECT_EQ(facts.container, Container::Zboot);
    EXPECT_EQ(facts.architecture, "arm64");
    EXPECT_EQ(facts.compression, GetParam());
}

TEST_P(EveryCompression, WholeFile) {
    Facts facts = read(samples::compress(samples::arm64Image(samples::kernelText(samples::current)), GetParam()));
    expectKernel(facts);
    EXPECT_EQ(facts.container, Container::Compressed);
    EXPECT_EQ(facts.architecture, "arm64");
    EXPECT_EQ(facts.compression, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Image, EveryCompression, testing::ValuesIn(samples::compressions), [](const auto& info) {
    std::string name = info.param;
    std::erase(name, '-');
    return name;
});

TEST(ImageFacts, Vmlinux) {
    Facts facts = read(samples::vmlinux());
    expectKernel(facts);
    EXPECT_EQ(facts.container, Container::Elf);
    EXPECT_EQ(facts.architecture, "x86-64");
}

TEST(ImageFacts, UnifiedImage) {
    Facts facts = read(samples::pe({{".uname", "7.3.4"},
                                    {".cmdline", "quiet liveupdate=on"},
                                    {".initrd", samples::cpio({"init"})},
                                    {".linux", samples::bzImage(samples::vmlinux(), "zstd")}}));
    expectKernel(facts);
    EXPECT_EQ(facts.container, Container::Uki);
    EXPECT_EQ(facts.compression, "zstd");
    EXPECT_EQ(facts.cmdline, "quiet liveupdate=on");
}

TEST(ImageFacts, TableIsTrustedBeforeTheSearch) {
    std::string kernel = samples::elf({{".rodata", samples::kernelText({"kho-v1", "kho-v2"})},
                                       {".liveupdate_versions", samples::versionTable(samples::current)}});
    Facts facts = read(samples::bzImage(kernel));
    EXPECT_EQ(facts.versions, expected);
    EXPECT_TRUE(facts.versionsTrusted);
}

TEST(ImageFacts, TableOfAnotherVersionIsNone) {
    std::string table = samples::versionTable({"kho-v9"});
    table[4] = 2;
    std::string kernel =
        samples::elf({{".rodata", samples::kernelText(samples::current)}, {".liveupdate_versions", table}});
    EXPECT_EQ(read(kernel).versions.contains("luo-v5"), true);
    EXPECT_FALSE(read(kernel).versionsTrusted);
}

TEST(ImageFacts, ConfigInTheImage) {
    std::string text = samples::kernelText(samples::current) +
                       samples::embeddedConfig("CONFIG_KEXEC_HANDOVER=y\n# CONFIG_LIVEUPDATE is not set\n"
                                               "CONFIG_CMDLINE=\"kho=on\"\n");
    Facts facts = read(samples::bzImage(samples::elf({{".rodata", text}})));
    ASSERT_TRUE(facts.config);
    EXPECT_EQ(*facts.config, (Config{{"CONFIG_KEXEC_HANDOVER", "y"}, {"CONFIG_CMDLINE", "kho=on"}}));
    EXPECT_EQ(facts.configSource, "the image");
}

TEST(ImageFacts, ConfigBesideTheImageOrInItsModuleTree) {
    TempDir root;
    std::filesystem::create_directories(root.path() / "boot");
    std::filesystem::create_directories(root.path() / "usr/lib/modules/7.3.4");
    std::string image = root.write("boot/vmlinuz", samples::bzImage(samples::vmlinux()));
    EXPECT_FALSE(inspect(image, root.path())->config);
    std::string inTree = root.write("usr/lib/modules/7.3.4/config", "CONFIG_TREE=y\n");
    EXPECT_EQ(inspect(image, root.path())->configSource, inTree);
    std::string beside = root.write("boot/config-7.3.4", "CONFIG_BESIDE=m\n");
    EXPECT_EQ(inspect(image, root.path())->configSource, beside);
    EXPECT_TRUE(isOn(*inspect(image, root.path())->config, "CONFIG_BESIDE"));
}

TEST(ImageFacts, WhatIsCutOffIsNotComplete) {
    for (const char* compression : samples::compressions) {
        std::string image = samples::bzImage(samples::elf({{".rodata", std::string(300'000, 'x')}}), compression);
        auto facts = inspect(bytesOf(image).first(image.size() - 100));
        ASSERT_TRUE(facts) << compression << facts.error();
        EXPECT_FALSE(facts->complete) << compression;
        EXPECT_NE(facts->trouble, "") << compression;
    }
}

TEST(ImageFacts, LessThanWasAnnouncedIsNotComplete) {
    std::string image = samples::bzImage(samples::vmlinux(), "zstd");
    size_t size = image.size() - std::string("behind it").size() - 4; // where the kernel's size stands
    ++image[size + 1];
    Facts facts = read(image);
    EXPECT_FALSE(facts.complete);
    EXPECT_NE(facts.trouble.find("announced"), std::string::npos) << facts.trouble;
    EXPECT_EQ(facts.versions, expected); // what is there is there
}

TEST(ImageFacts, NoKernel) {
    EXPECT_FALSE(inspect(bytesOf("")));
    EXPECT_FALSE(inspect(bytesOf("#!/bin/sh\n")));
    EXPECT_FALSE(inspect(bytesOf(samples::elf({{".text", "a program"}}))));
    EXPECT_FALSE(inspect(bytesOf(samples::compress("text that goes on for a while", "gzip"))));
    EXPECT_FALSE(inspect(std::filesystem::path("/dev/null")));
    EXPECT_FALSE(inspect(std::filesystem::path("/nonexistent")));
}

TEST(ImageFacts, CompressedInItselfOverAndOver) {
    std::string nested = samples::vmlinux();
    for (int i = 0; i < 40; ++i)
        nested = samples::compress(nested, i % 2 ? "gzip" : "zstd");
    EXPECT_FALSE(inspect(bytesOf(nested)));
}

TEST(Decompress, StopsAtTheLimit) {
    std::string bomb = samples::compress(std::string(64 << 20, '\0'), "zstd");
    ASSERT_LT(bomb.size(), 100'000u);
    Unpacked unpacked = decompress(bytesOf(bomb), SIZE_MAX, 1 << 20);
    EXPECT_LE(unpacked.bytes.capacity(), std::size_t(2 << 20));
    EXPECT_EQ(unpacked.error, "it is larger than 1 MiB when unpacked");
}

TEST(Decompress, SaysHowFarItCame) {
    std::string text(100'000, 'x'), packed = samples::compress(text, "xz");
    Unpacked whole = decompress(bytesOf(packed));
    EXPECT_EQ(whole.error, "");
    EXPECT_EQ(std::string(image::text(whole.bytes)), text);
    EXPECT_NE(decompress(bytesOf(packed).first(packed.size() / 2)).error, "");
    EXPECT_NE(decompress(bytesOf(text)).error, "");
}

TEST(VersionStrings, AreToldFromWordsThatOnlyEndLikeThem) {
    using namespace std::string_view_literals;
    auto found = [](std::string_view text) { return versionStrings(bytesOf(text)); };
    EXPECT_EQ(found("\xffmemfd-v2\0"sv), Versions{"memfd-v2"});
    EXPECT_EQ(found("memfd-v12\0"sv), Versions{"memfd-v12"});
    EXPECT_EQ(named(found("guest-memfd-v2\0"sv), "memfd"), Versions{});
    EXPECT_EQ(found("memfd-v2"sv), Versions{});     // the end is not to be seen
    EXPECT_EQ(found("memfd-v2.1\0"sv), Versions{}); // goes on
    EXPECT_EQ(found("memfd-v\0"sv), Versions{});
    EXPECT_EQ(found("-v2\0"sv), Versions{});
    EXPECT_EQ(named(found("luo-v5\0luo-session-v2\0luo-vfio\0"sv), "luo"), Versions{"luo-v5"});
}

} // namespace
} // namespace luod::image
