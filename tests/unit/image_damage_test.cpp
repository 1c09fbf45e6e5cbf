// SPDX-License-Identifier: LGPL-2.1-or-later
// Images that are broken in every way that a bit or a cut can break them: read without a crash, which the sanitizers
// see better than we do. The same seed every time.
#include "image_samples.hpp"
#include "proto/image/facts.hpp"
#include "proto/image/initrd.hpp"

#include <gtest/gtest.h>
#include <random>

namespace luod::image {
namespace {

struct Sample {
    std::string name, bytes;
};

std::vector<Sample> wrappings() {
    std::string kernel = samples::elf(
        {{".rodata", samples::kernelText(samples::current) + samples::embeddedConfig("CONFIG_LIVEUPDATE=y\n")},
         {".liveupdate_versions", samples::versionTable(samples::current)}});
    std::vector<Sample> all{{"elf", kernel}, {"arm64", samples::arm64Image(samples::kernelText(samples::current))}};
    for (const char* compression : samples::compressions) {
        all.push_back({std::string("bzImage ") + compression, samples::bzImage(kernel, compression)});
        all.push_back({std::string("zboot ") + compression, samples::zboot(kernel, compression)});
        all.push_back({std::string("whole ") + compression, samples::compress(kernel, compression)});
        all.push_back({std::string("initrd ") + compression,
                       samples::cpio({"early"}) + samples::compress(samples::cpio({"init", "etc"}), compression)});
    }
    all.push_back(
        {"uki", samples::pe({{".uname", "7.3.4"}, {".linux", samples::bzImage(kernel)}, {".cmdline", "quiet"}})});
    return all;
}

// What comes out may be anything but a claim of more than there is.
void readAll(const std::string& bytes) {
    if (auto facts = inspect(bytesOf(bytes))) {
        EXPECT_EQ(facts->complete, facts->trouble.empty());
    }
    for (const std::string& path : listInitrd(bytesOf(bytes)).paths)
        EXPECT_LE(path.size(), 4096u);
}

TEST(Damage, Cut) {
    for (const Sample& sample : wrappings())
        for (size_t length = 0; length < sample.bytes.size(); length += 1 + length / 40)
            readAll(sample.bytes.substr(0, length));
}

TEST(Damage, FlippedBits) {
    std::mt19937 random(20261121);
    for (const Sample& sample : wrappings())
        for (int round = 0; round < 60; ++round) {
            std::string bytes = sample.bytes;
            for (int flips = 0; flips <= round % 4; ++flips)
                bytes[random() % bytes.size()] ^= char(1 << random() % 8);
            readAll(bytes);
        }
}

// Lengths and offsets are in the first few hundred bytes, and as bad as can be when all their bits are set.
TEST(Damage, HeadersFullOfExtremes) {
    for (const Sample& sample : wrappings())
        for (size_t at = 0; at + 8 < std::min<size_t>(sample.bytes.size(), 0x280); at += 2)
            for (int width : {2, 4, 8})
                for (char fill : {'\xff', '\x7f', '\0'})
                    readAll(std::string(sample.bytes).replace(at, size_t(width), size_t(width), fill));
}

TEST(Damage, ElfTablesThatWrapAround) {
    std::string kernel = samples::vmlinux();
    for (size_t at = kernel.size() - 192; at + 8 <= kernel.size(); at += 4)
        for (char fill : {'\xff', '\x80'})
            readAll(std::string(kernel).replace(at, 8, 8, fill));
}

} // namespace
} // namespace luod::image
