// SPDX-License-Identifier: LGPL-2.1-or-later

// The integrator's guide names what there is.
#include "binaries.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <set>

namespace {

std::string read(const std::string& path) {
    std::ifstream file(luod::tests::sourceFile(path));
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> all(const std::string& text, const char* pattern) {
    const std::regex expression(pattern);
    std::set<std::string> words;
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
        words.insert((*at)[1]);
    EXPECT_GT(words.size(), 2u) << pattern;
    return words;
}

const std::string guide = read("client/INTEGRATING.md");

TEST(Guide, NamesFunctionsEventsAndFlagsOfTheHeader) {
    const std::string header = read("client/lib/luod.h");
    for (const std::string& name : all(guide, "\\b(luod_[a-z_]+)\\("))
        EXPECT_NE(header.find(" " + name + "("), std::string::npos) << name;
    for (const std::string& name : all(guide, "\\b(LUOD_[A-Z_]+)\\b"))
        EXPECT_TRUE(std::regex_search(header, std::regex("\\b" + name + "\\b"))) << name;
}

TEST(Guide, NamesKeysOfTheConfiguration) {
    const std::string page = read("daemon/luod.conf.5");
    std::set<std::string> keys = all(guide, "\\b([A-Z][a-z][A-Za-z]+=)");
    for (const char* ofUnits : {"MemoryMax=", "Restart="})
        keys.erase(ofUnits);
    for (const std::string& key : keys)
        EXPECT_NE(page.find(".It Va " + key + "\n"), std::string::npos) << key;
}

TEST(Guide, NamesErrorNumbersThatLibluodSays) {
    const std::string page = read("client/man/libluod.3");
    for (const std::string& number : all(guide, "`-(E[A-Z]+)`"))
        EXPECT_NE(page.find(".Er " + number), std::string::npos) << number;
}

} // namespace
