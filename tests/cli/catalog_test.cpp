// SPDX-License-Identifier: LGPL-2.1-or-later
// Every message in the journal has an identifier, every identifier an entry in the catalog, and journalctl reads that.
#include "process.hpp"
#include "source_text.hpp"
#include "temp_dir.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace {

using cli::sourceText;
using Words = std::set<std::string>;

Words ids() {
    Words found;
    std::regex id("\"([0-9a-f]{32})\";");
    for (const char* file : {"daemon/platform/message_ids.hpp", "client/gate/message_ids.hpp"}) {
        std::string text = sourceText(file);
        for (std::sregex_iterator at(text.begin(), text.end(), id), end; at != end; ++at)
            EXPECT_TRUE(found.insert((*at)[1]).second) << (*at)[1];
    }
    EXPECT_GT(found.size(), 20u);
    return found;
}

struct Entry {
    std::map<std::string, std::string> headers;
    std::string text;
};

// As journalctl reads it: "-- ID", headers up to an empty line, the explanation.
std::map<std::string, Entry> entries() {
    std::map<std::string, Entry> all;
    std::istringstream lines(sourceText("systemd-units/luod.catalog"));
    Entry* entry = nullptr;
    bool inHeaders = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("-- ")) {
            EXPECT_FALSE(all.contains(line.substr(3))) << "twice: " << line;
            entry = &all[line.substr(3)];
            inHeaders = true;
        } else if (entry && inHeaders && line.empty()) {
            inHeaders = false;
        } else if (entry && inHeaders) {
            size_t colon = line.find(": ");
            EXPECT_NE(colon, line.npos) << line;
            entry->headers[line.substr(0, colon)] = line.substr(colon + 2);
        } else if (entry) {
            entry->text += line + "\n";
        }
    }
    return all;
}

TEST(Catalog, HasEveryIdentifierAndNoOther) {
    Words named;
    for (const auto& [id, entry] : entries())
        named.insert(id);
    EXPECT_EQ(named, ids());
}

TEST(Catalog, SaysInEachEntryWhatItIsAndWhereThereIsMore) {
    for (const auto& [id, entry] : entries()) {
        EXPECT_TRUE(entry.headers.contains("Subject")) << id;
        EXPECT_EQ(entry.headers.at("Defined-By"), "luod") << id;
        EXPECT_GT(entry.text.size(), 60u) << id;
        std::istringstream pages(entry.headers.at("Documentation"));
        for (std::string page; pages >> page;) {
            std::smatch match;
            ASSERT_TRUE(std::regex_match(page, match, std::regex("man:([a-z.-]+)\\(([1-8])\\)"))) << page;
            std::string file = fmt::format("{}.{}", match.str(1), match.str(2));
            bool there = false;
            for (const char* room : {"daemon", "client/man", "client/gate"})
                there |= !sourceText(fmt::format("{}/{}", room, file)).empty();
            EXPECT_TRUE(there) << id << ": " << page;
        }
    }
}

TEST(Catalog, UsesOnlyFieldsThatMessagesHave) {
    std::string code;
    for (const std::string& source : cli::sourcesIn({"daemon"}))
        code += sourceText(source);
    std::string catalog = sourceText("systemd-units/luod.catalog");
    std::regex field("@([A-Z_]+)@");
    size_t fields = 0;
    for (std::sregex_iterator at(catalog.begin(), catalog.end(), field), end; at != end; ++at, ++fields)
        EXPECT_NE(code.find("\"" + (*at)[1].str() + "\""), code.npos) << (*at)[1];
    EXPECT_GE(fields, 3u);
}

// From the call to the end of its statement; no message of ours has a semicolon before a line's end.
TEST(Catalog, EveryMessageHasAnIdentifier) {
    std::regex call("(?:\\blog|\\bsay)\\((?:LOG_[A-Z]+|[a-z.]+ \\?|how\\.)[^]*?;\n");
    size_t calls = 0;
    for (const std::string& source : cli::sourcesIn({"daemon", "client/gate"})) {
        std::string text = sourceText(source);
        for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at, ++calls) {
            std::string statement = at->str();
            EXPECT_TRUE(statement.find("message::") != statement.npos || statement.find("how.id") != statement.npos)
                << source << ": " << statement;
        }
    }
    EXPECT_GE(calls, 30u);
}

TEST(Catalog, IsReadByJournalctl) {
    luod::tests::TempDir root;
    std::filesystem::create_directories(root.path() / "usr/lib/systemd/catalog");
    std::filesystem::create_directories(root.path() / "var/lib/systemd/catalog");
    std::filesystem::copy_file(luod::tests::sourceFile("systemd-units/luod.catalog"),
                               root.path() / "usr/lib/systemd/catalog/luod.catalog");
    std::string option = "--root=" + root.path().native();
    if (luod::tests::run({.command = {"sh", "-c", "command -v journalctl"}, .captureErrors = true}).status != 0)
        GTEST_SKIP() << "there is no journalctl";
    luod::tests::Outcome made =
        luod::tests::run({.command = {"journalctl", option, "--update-catalog"}, .captureErrors = true});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(made.err, "");
    luod::tests::Outcome listed =
        luod::tests::run({.command = {"journalctl", option, "--no-pager", "--list-catalog"}, .captureErrors = true});
    for (const auto& [id, entry] : entries())
        EXPECT_NE(listed.out.find(fmt::format("{} luod: {}", id, entry.headers.at("Subject"))), std::string::npos)
            << listed.out << listed.err;
}

} // namespace
