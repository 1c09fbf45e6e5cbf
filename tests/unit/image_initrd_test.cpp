// SPDX-License-Identifier: LGPL-2.1-or-later
#include "image_samples.hpp"
#include "proto/image/cpio.hpp"
#include "proto/image/initrd.hpp"

#include <gtest/gtest.h>

namespace luod::image {
namespace {

using Paths = std::vector<std::string>;
const std::string microcode = samples::cpio({"kernel/x86/microcode/GenuineIntel.bin"});
const std::string zeros(512, '\0');

InitrdFiles list(const std::string& initrd) {
    return listInitrd(bytesOf(initrd));
}

TEST(Initrd, PlainArchivesOneBehindTheOther) {
    InitrdFiles files = list(microcode + zeros + samples::cpio({"./init", "/etc", "a b"}) + zeros);
    EXPECT_EQ(files.paths, (Paths{"kernel/x86/microcode/GenuineIntel.bin", "init", "etc", "a b"}));
    EXPECT_EQ(files.trouble, "");
}

TEST(Initrd, CompressedBehindPlain) {
    for (const char* compression : samples::compressions) {
        std::string both = samples::cpio({"init"}) + zeros + samples::cpio({"more"});
        InitrdFiles files = list(microcode + zeros + samples::compress(both, compression));
        EXPECT_EQ(files.paths, (Paths{"kernel/x86/microcode/GenuineIntel.bin", "init", "more"})) << compression;
        EXPECT_EQ(files.trouble, "") << compression;
    }
}

TEST(Initrd, SaysWhereItCouldNotReadOn) {
    Paths many(2000, "a file with quite a long name");
    for (size_t i = 0; i < many.size(); ++i)
        many[i] += std::to_string(i * 7919 % 2003);
    std::string packed = samples::compress(samples::cpio(many), "zstd");
    InitrdFiles torn = list(packed.substr(0, packed.size() / 2));
    EXPECT_LT(torn.paths.size(), many.size());
    EXPECT_NE(torn.trouble, "");
    EXPECT_NE(list(microcode + "what is this").trouble, "");
    EXPECT_NE(list(samples::compress("no archive but a text of some length", "gzip")).trouble, "");
    EXPECT_EQ(list("").trouble, "");
    std::string cut = samples::cpio({"init", "etc/passwd"});
    EXPECT_NE(list(cut.substr(0, 200)).trouble, "");
}

TEST(Cpio, InPiecesOfAnySize) {
    std::string archive = samples::cpio({"one", "two/three"}) + zeros + samples::cpio({"four"});
    for (size_t size = 1; size < 200; size += 13) {
        Bytes rest = bytesOf(archive);
        CpioNames names([&] {
            Bytes piece = rest.first(std::min(size, rest.size()));
            rest = rest.subspan(piece.size());
            return piece;
        });
        Paths found;
        while (auto name = names.next())
            found.push_back(*name);
        EXPECT_EQ(found, (Paths{"one", "two/three", "four"})) << size;
        EXPECT_TRUE(names.atEnd());
    }
}

} // namespace
} // namespace luod::image
