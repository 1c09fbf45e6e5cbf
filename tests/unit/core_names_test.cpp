// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/names.hpp"

#include <gtest/gtest.h>
#include <set>

namespace luod::core {
namespace {

bool good(std::string_view name) {
    return checkName(name, "session name").has_value();
}

TEST(CheckName, TakesOneTo64BytesAndNoMore) {
    EXPECT_FALSE(good(""));
    EXPECT_TRUE(good("a"));
    EXPECT_TRUE(good(std::string(64, 'a')));
    EXPECT_FALSE(good(std::string(65, 'a')));
}

TEST(CheckName, CountsBytesNotLetters) {
    std::string letters;
    for (int i = 0; i < 32; ++i)
        letters += "\u00e9";
    EXPECT_TRUE(good(letters));
    EXPECT_FALSE(good(letters + "x"));
}

TEST(CheckName, RefusesEveryControlCharacter) {
    for (int c = 0; c < 0x20; ++c)
        EXPECT_FALSE(good("a" + std::string(1, char(c)) + "b")) << c;
    EXPECT_FALSE(good("a\x7f"));
    for (int c = 0x80; c < 0xa0; ++c)
        EXPECT_FALSE(good(std::string("a\xc2") + char(c))) << "C1 " << c;
    EXPECT_TRUE(good("a\u00a0b"));
    EXPECT_TRUE(good(" ~"));
}

TEST(CheckName, TakesUtf8OfEveryLength) {
    for (auto name :
         {"\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x9f\x9a\x80", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(good(name)) << name;
}

TEST(CheckName, RefusesWhatIsNotUtf8) {
    for (std::string name : {"\x80", "\xbf", "\xc3", "a\xc3", "\xc3(", "\xe2\x82", "\xe2(\x82", "\xf0\x9f\x9a", "\xff",
                             "\xfe", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80"})
        EXPECT_FALSE(good(name)) << testing::PrintToString(name);
}

TEST(CheckName, RefusesOverlongFormsSurrogatesAndBeyondTheLastPoint) {
    for (std::string name : {"\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\xaf",
                             "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80"})
        EXPECT_FALSE(good(name)) << testing::PrintToString(name);
}

TEST(CheckName, RefusesSlashesAndSaysWhichNameItWas) {
    auto answer = checkName("a/b", "file name");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::InvalidArgument);
    EXPECT_NE(answer.error().words.find("file name"), std::string::npos);
    EXPECT_NE(checkName("", "session name").error().words.find("session name is empty"), std::string::npos);
}

TEST(KernelName, IsThePlainNameWhereThatFits) {
    EXPECT_EQ(kernelName(1000, "vm-1.a_B@2"), "luod.1000.vm-1.a_B@2");
    EXPECT_EQ(kernelName(0, std::string(31, 'x')), "luod.0." + std::string(31, 'x'));
}

TEST(KernelName, IsHashedWhereItIsTooLongOrNotPlain) {
    EXPECT_EQ(kernelName(0, std::string(32, 'x')).substr(0, 21), "luod.0.xxxxxxxxxxxxxx");
    EXPECT_EQ(kernelName(7, "caf\xc3\xa9").substr(0, 11), "luod.7.caf~");
    EXPECT_EQ(kernelName(7, "caf\xc3\xa9").size(), 7 + 3 + 17u);
    EXPECT_EQ(kernelName(7, "a b").substr(0, 9), "luod.7.a~");
}

// It finds sessions again after everything else is lost, in a later luod too: these never change.
TEST(KernelName, NeverChanges) {
    EXPECT_EQ(kernelName(1000, "guest ram"), "luod.1000.guest~e732e5beb8181357");
    EXPECT_EQ(kernelName(4294967295, std::string(64, 'x')), "luod.4294967295.xxxxx~b96a5acbb56db825");
}

TEST(KernelName, FitsAndDiffersByUserAndName) {
    std::set<std::string> seen;
    std::size_t count = 0;
    for (uid_t owner : {0u, 1u, 10u, 1000u, 4294967295u})
        for (std::string name : {"1", "1.1", "0.1", "a", "a b", "a  b", "a\u00e9", "a\u00e8", "~", "a~"})
            for (std::size_t times : {1, 2, 20}) {
                std::string longer;
                while (longer.size() + name.size() <= 64 && longer.size() / name.size() < times)
                    longer += name;
                if (longer.size() / name.size() != times)
                    continue;
                auto kernel = kernelName(owner, longer);
                EXPECT_LE(kernel.size(), maxKernelNameBytes) << kernel;
                EXPECT_EQ(kernel, kernelName(owner, longer));
                seen.insert(kernel);
                ++count;
            }
    EXPECT_EQ(seen.size(), count);
    for (auto marker : markerNames)
        EXPECT_FALSE(seen.contains(std::string(marker)));
}

} // namespace
} // namespace luod::core
