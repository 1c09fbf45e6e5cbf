// SPDX-License-Identifier: LGPL-2.1-or-later
// Man pages and completions say what the tables, the XML and the header say: all of it, and nothing that is gone.
#include "binaries.hpp"
#include "client/qemu/settings.hpp"
#include "handover.hpp"
#include "help.hpp"
#include "metrics.hpp"
#include "options.hpp"
#include "process.hpp"
#include "proto/errors.hpp"
#include "shells.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <set>
#include <sstream>

namespace {

using luoctl::OptionRow, luoctl::VerbRow;
using Words = std::set<std::string>;

std::string read(const std::string& path) {
    std::ifstream file(luod::tests::sourceFile(path));
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

// The lines of one section of a man page, subsections included.
std::string section(const std::string& page, const std::string& title) {
    size_t begin = page.find(".Sh " + title + "\n");
    EXPECT_NE(begin, std::string::npos) << title;
    return page.substr(begin, page.find("\n.Sh ", begin) - begin);
}

Words all(const std::string& text, const std::string& pattern) {
    std::regex expression(pattern, std::regex::ECMAScript | std::regex::multiline);
    Words words;
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
        words.insert((*at)[1]);
    return words;
}

Words verbNames() {
    Words names;
    for (const VerbRow& row : luoctl::verbs())
        names.emplace(row.name);
    return names;
}

// "--host", "-H"
Words optionSpellings() {
    Words spellings;
    for (const OptionRow& row : luoctl::options()) {
        if (row.letter)
            spellings.insert(fmt::format("-{}", row.letter));
        if (!row.longName.empty())
            spellings.insert(fmt::format("--{}", row.longName));
    }
    return spellings;
}

Words errorNames() {
    Words names;
    for (const auto& row : luod::proto::errors)
        names.emplace(row.name);
    return names;
}

TEST(LuoctlPage, HasEveryVerbAndNoOther) {
    EXPECT_EQ(all(section(read("client/man/luoctl.1"), "VERBS"), "^\\.It Cm ([a-z-]+)"), verbNames());
}

TEST(LuoctlPage, HasEveryOptionAndNoOther) {
    std::string options = section(read("client/man/luoctl.1"), "OPTIONS");
    Words found;
    for (const std::string& line : all(options, "^\\.It (Fl .*)$")) {
        for (const std::string& word : all(line, "Fl Fl ([a-z-]+)"))
            found.insert("--" + word);
        for (const std::string& word : all(line, "Fl ([a-zA-Z])(?: |$)"))
            found.insert("-" + word);
    }
    EXPECT_EQ(found, optionSpellings());
}

TEST(LuoctlPage, HasEveryErrorUnderItsExitCode) {
    std::string codes = section(read("client/man/luoctl.1"), "EXIT STATUS");
    for (const auto& row : luod::proto::errors) {
        size_t begin = codes.find(fmt::format(".It {}\n", row.exitCode));
        ASSERT_NE(begin, std::string::npos) << row.exitCode;
        std::string text = codes.substr(begin, codes.find("\n.It ", begin) - begin);
        EXPECT_NE(text.find(row.name), std::string::npos) << row.name << " is not under " << row.exitCode;
    }
    for (int code : {luod::proto::exitSuccess, luod::proto::exitFailure, luod::proto::exitUsage,
                     luod::proto::exitUnreachable, luod::proto::exitUnknown})
        EXPECT_NE(codes.find(fmt::format(".It {}\n", code)), std::string::npos) << code;
}

TEST(LuoctlPage, HasEveryWordOfAHandoverWithItsExitCode) {
    std::string page = read("client/man/luoctl.1");
    for (const luoctl::HandoverRow& row : luoctl::handovers())
        EXPECT_NE(page.find(fmt::format(".It Ql {} Ta {} Ta ", row.word, row.exitCode)), std::string::npos) << row.word;
}

// What the sources of the check call their findings.
Words findingNames() {
    Words names;
    for (const char* file : {"daemon/check/judge.cpp", "proto/image/judge.cpp", "proto/image/judge_modules.cpp",
                             "proto/image/judge_versions.cpp"})
        for (const char* pattern :
             {"\"([a-z-]+)\", Verdict::", "\\.finding = \"([a-z-]+)\"", "\\* name = \"([a-z-]+)\""})
            names.merge(all(read(file), pattern));
    return names;
}

TEST(LuoctlPage, HasEveryFindingOfTheCheckAndNoOther) {
    std::string page = read("client/man/luoctl.1");
    size_t begin = page.find("\n.It Cm check\n");
    ASSERT_NE(begin, std::string::npos);
    Words named = all(page.substr(begin, page.find("\n.It Cm ", begin + 1) - begin), "^\\.It Ql ([a-z-]+)$");
    EXPECT_EQ(named, findingNames());
    EXPECT_TRUE(named.contains("inhibitors") && named.contains("kho-version") && named.contains("handler-modules"));
}

// The words that a page quotes at the beginning of a line.
Words quoted(const std::string& page) {
    return all(page, "^\\.Ql (?:\\( )?([a-z-]+)(?: |$)");
}

TEST(LuoctlPage, HasEveryPhaseOfAReport) {
    Words phases = all(read("client/luoctl/timeline.cpp"), "Step\\{\"([a-z]+)\"");
    Words named = quoted(read("client/man/luoctl.1"));
    for (const std::string& phase : phases)
        EXPECT_TRUE(named.contains(phase)) << phase;
    EXPECT_TRUE(phases.contains("gap"));
}

// What the journal says, by its identifiers and its fields.
void expectInJournal(const std::string& page, const std::string& ids, const Words& sources) {
    std::string diagnostics = section(read(page), "DIAGNOSTICS");
    EXPECT_EQ(all(diagnostics, "^\\.It Li ([0-9a-f]{32})$"), all(read(ids), "\"([0-9a-f]{32})\";")) << page;
    for (const std::string& source : sources)
        for (const std::string& field : all(read(source), "\"(LUOD_[A-Z]+)\""))
            EXPECT_NE(diagnostics.find(".Sy " + field + "="), std::string::npos) << field;
}

TEST(DaemonPage, HasEveryMessageOfTheJournalAndNoOther) {
    expectInJournal("daemon/luod.8", "daemon/platform/message_ids.hpp",
                    {"daemon/app/daemon.cpp", "daemon/app/update_news.cpp"});
    expectInJournal("client/gate/luod-gate.8", "client/gate/message_ids.hpp", {});
}

TEST(DaemonPage, HasEveryFileOnDisk) {
    std::string files = section(read("daemon/luod.8"), "FILES");
    Words names = all(read("daemon/app/update_world.hpp"), "File = \"([a-z]+)\"");
    EXPECT_EQ(all(files, "/var/lib/luod/([a-z]+)"), names);
    EXPECT_FALSE(names.empty());
}

TEST(QemuPage, HasEveryOptionAndKeyAndNoOther) {
    std::string page = read("client/qemu/luo-qemu.8"), help = luod::qemu::helpText();
    Words names{"help"}, keys;
    for (const luod::qemu::Option& option : luod::qemu::options()) {
        names.emplace(option.name);
        if (!option.key.empty())
            keys.emplace(option.key);
        EXPECT_NE(help.find(fmt::format("\n  --{} ", option.name)), std::string::npos) << option.name;
    }
    EXPECT_EQ(all(section(page, "OPTIONS"), "^\\.It Fl -([a-z-]+)"), names);
    EXPECT_EQ(all(section(page, "CONFIGURATION"), "^\\.It Va (\\w+)="), keys);
}

TEST(QemuPage, HasEverythingInASession) {
    std::string session = section(read("client/qemu/luo-qemu.8"), "SESSION");
    Words moments = all(read("client/qemu/times.hpp"), "\\* \\w+ = \"(\\w+)\";"),
          files = all(read("client/qemu/outgoing.hpp"), "\\* \\w+ = \"(\\w+)\\.?\";");
    EXPECT_TRUE(moments.contains("stopped") && files.contains("state"));
    for (const std::string& moment : moments)
        EXPECT_NE(session.find("\n.Ql " + moment), std::string::npos) << moment;
    for (const std::string& file : files)
        EXPECT_NE(session.find("\n.It Pa " + file), std::string::npos) << file;
}

TEST(LuoctlHelp, HasEveryVerbAndOption) {
    std::string help = luoctl::helpText();
    for (const std::string& word : verbNames())
        EXPECT_NE(help.find("\n  " + word), std::string::npos) << word;
    for (const std::string& word : optionSpellings())
        EXPECT_NE(help.find(" " + word), std::string::npos) << word;
}

// What an interface's XML has, and how the page would say it.
void expectDescribed(const std::string& xml, const std::string& page) {
    std::string text = std::regex_replace(xml, std::regex("<!--[^]*?-->"), "");
    std::regex element("<(method|signal|property|arg) name=\"(\\w+)\"(?: type=\"([^\"]+)\")?");
    std::string line; // of the page, for the method or signal that is being read
    for (std::sregex_iterator at(text.begin(), text.end(), element), end; at != end; ++at) {
        std::string kind = (*at)[1], name = (*at)[2], type = (*at)[3];
        if (kind == "property") {
            EXPECT_NE(page.find(fmt::format("Va {} No ({})", name, type)), std::string::npos) << name;
        } else if (kind == "arg") {
            EXPECT_NE(line.find(fmt::format("{} {}\"", type, name)), std::string::npos) << line << " lacks " << name;
        } else {
            std::smatch match;
            EXPECT_TRUE(std::regex_search(page, match, std::regex("\n\\.It Fn " + name + "(?: .*)?\n"))) << name;
            line = match.str();
        }
    }
}

TEST(BusPage, HasEveryMethodSignalAndPropertyWithItsTypes) {
    std::string page = read("client/man/org.luod1.5");
    for (const char* name : {"org.luod1.Manager", "org.luod1.Session"})
        expectDescribed(read(fmt::format("proto/{}.xml", name)), section(page, name));
}

TEST(BusPage, HasNothingThatIsGone) {
    std::string page = read("client/man/org.luod1.5");
    for (const char* name : {"org.luod1.Manager", "org.luod1.Session"}) {
        std::string xml = read(fmt::format("proto/{}.xml", name)), text = section(page, name);
        Words names = all(xml, "<(?:method|signal|property) name=\"(\\w+)\"");
        for (const std::string& word : all(text, "^\\.It Fn (\\w+)"))
            EXPECT_TRUE(names.contains(word)) << word;
        for (const std::string& word : all(text, "Va (\\w+) No"))
            EXPECT_TRUE(names.contains(word)) << word;
    }
}

// The part of a text that is about one method: from where it is named to the next of its kind.
std::string about(const std::string& text, const std::string& begin, const std::string& end) {
    size_t at = text.find(begin);
    EXPECT_NE(at, std::string::npos) << begin;
    return at == std::string::npos ? "" : text.substr(at, text.find(end, at + 1) - at);
}

// The options that luod reads, method by method.
TEST(BusPage, HasEveryOptionOfEveryMethod) {
    std::string code = read("daemon/bus/manager_object.cpp") + read("daemon/bus/manager_update.cpp") +
                       read("daemon/bus/manager_metrics.cpp");
    std::string page = read("client/man/org.luod1.5"), xml = read("proto/org.luod1.Manager.xml");
    size_t options = 0;
    for (const std::string& method : all(xml, "<method name=\"(\\w+)\"")) {
        std::string body = about(code, "ManagerObject::" + method + "(", "\n}\n");
        Words names = all(body, "\\{\"([a-z-]+)\", \"[a-z]+\"\\}");
        if (names.empty())
            continue;
        std::string inPage = about(page, "\n.It Fn " + method, "\n.It Fn ");
        std::string inXml = about(xml, "      " + method + ": ", "<method name=\"" + method + "\"");
        for (const std::string& option : names) {
            EXPECT_NE(inPage.find(".Ql " + option), std::string::npos) << method << ": " << option;
            EXPECT_NE(inXml.find(fmt::format("\"{}\" (", option)), std::string::npos) << method << ": " << option;
        }
        options += names.size();
    }
    EXPECT_GE(options, 20u);
}

TEST(BusPage, HasEveryWordOfAHandoverAPhaseAndAMoment) {
    Words words = all(read("daemon/core/update_words.cpp"), "\"([a-z]+)\"sv");
    Words named = quoted(read("client/man/org.luod1.5"));
    EXPECT_TRUE(words.contains("sealed") && words.contains("leaving"));
    for (const luoctl::HandoverRow& row : luoctl::handovers())
        words.emplace(row.word);
    for (const std::string& word : words)
        EXPECT_TRUE(named.contains(word)) << word;
}

// luod's names of its numbers, those that luoctl tells, and those that are described.
TEST(BusPage, HasEveryMetricAndLuoctlTellsThemAll) {
    Words names = all(read("daemon/bus/manager_metrics.cpp"), "rows\\.emplace_back\\(\"([a-z-]+)\"");
    Words told;
    for (const luoctl::MetricRow& row : luoctl::metricRows())
        told.emplace(row.luodName);
    EXPECT_EQ(told, names);
    std::string page = about(read("client/man/org.luod1.5"), "\n.It Fn Metrics", "\n.El\n");
    std::string xml = about(read("proto/org.luod1.Manager.xml"), "      Metrics: ", "<method name=\"Metrics\"");
    for (const std::string& name : names) {
        EXPECT_TRUE(std::regex_search(page, std::regex("\\.Sy (?:[a-z-]+ , )*" + name + "(?: |\n|$)"))) << name;
        EXPECT_NE(xml.find("\"" + name + "\""), std::string::npos) << name;
    }
    EXPECT_TRUE(names.contains("refused") && names.contains("bytes"));
}

TEST(BusPage, HasEveryErrorAndNoOther) {
    EXPECT_EQ(all(section(read("client/man/org.luod1.5"), "ERRORS"), "^\\.It Er (\\w+)$"), errorNames());
}

TEST(LibraryPage, HasEveryExportedFunctionAndNoOther) {
    Words exported = all(read("client/lib/libluod.sym"), "^ +(luod_\\w+);");
    EXPECT_EQ(all(section(read("client/man/libluod.3"), "SYNOPSIS"), "^\\.Fn (luod_\\w+)"), exported);
    EXPECT_EQ(all(read("client/lib/luod.h"), "(?:^|[ *])(luod_\\w+)\\([^)]*[^)]\\);"), exported);
    EXPECT_EQ(all(section(read("client/man/libluod.3"), "ERRORS"), "^\\.It (\\w+)$"), errorNames());
}

TEST(Pages, FormatWithoutWarnings) {
    for (const char* page : {"client/man/luoctl.1", "client/man/libluod.3", "client/man/org.luod1.5",
                             "client/gate/luod-gate.8", "client/qemu/luo-qemu.8", "daemon/luod.8", "daemon/luod.conf.5",
                             "daemon/luod-troubleshooting.7"}) {
        luod::tests::Outcome outcome = luod::tests::run(
            {.command = {"sh", "-c", "command -v man >/dev/null || exit 0; exec man --warnings -l \"$0\" >/dev/null",
                         luod::tests::sourceFile(page)},
             .environment = {{"LC_ALL", "C.UTF-8"}},
             .captureErrors = true});
        EXPECT_EQ(outcome.err, "") << page;
    }
}

TEST(Completions, HaveEveryVerbAndOption) {
    for (const std::string& text : {luoctl::bashCompletion(), luoctl::zshCompletion()}) {
        for (const std::string& word : verbNames())
            EXPECT_NE(text.find(word), std::string::npos) << word;
        for (const std::string& word : optionSpellings())
            EXPECT_NE(text.find(word), std::string::npos) << word;
    }
}

// What bash would offer for the last of these words; sessions are "vm one" and "vm2".
Words offered(const std::string& words) {
    constexpr const char* script = R"sh(
        luoctl() { printf '%s\n' 'vm one' vm2; }
        compopt() { :; }
        eval "$1"
        eval "COMP_WORDS=($2)"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _luoctl
        printf '%s\n' "${COMPREPLY[@]}")sh";
    luod::tests::Outcome outcome = luod::tests::run(
        {.command = {"bash", "-c", script, "bash", luoctl::bashCompletion(), words}, .captureErrors = true});
    EXPECT_EQ(outcome.err, "");
    return all(outcome.out, "^(.+)$");
}

TEST(BashCompletion, OffersVerbsOptionsSessionsAndWords) {
    EXPECT_EQ(offered("luoctl ''"), verbNames());
    EXPECT_EQ(offered("luoctl -q di"), (Words{"discard"}));
    EXPECT_EQ(offered("luoctl retrieve --f"), (Words{"--finish"}));
    EXPECT_EQ(offered("luoctl list --f"), (Words{}));
    EXPECT_EQ(offered("luoctl show ''"), (Words{"vm\\ one", "vm2"}));
    EXPECT_EQ(offered("luoctl show vm2 vm2"), (Words{"vm2"}));
    EXPECT_EQ(offered("luoctl -p Name show vm2"), (Words{"vm2"}));
    EXPECT_EQ(offered("luoctl annotate vm2 vm"), (Words{}));
    EXPECT_EQ(offered("luoctl list --json = p"), (Words{"pretty"}));
    EXPECT_EQ(offered("luoctl list --json ="), (Words{"short", "pretty", "off"}));
    EXPECT_EQ(offered("luoctl retrieve vm2 -- l"), (Words{}));
    EXPECT_EQ(offered("luoctl load /proc/self/cmdl"), (Words{"/proc/self/cmdline"}));
    EXPECT_EQ(offered("luoctl load --initrd = /proc/self/cmdl"), (Words{"/proc/self/cmdline"}));
    EXPECT_EQ(offered("luoctl load --entry def"), (Words{"default"}));
    EXPECT_EQ(offered("luoctl kexec --late a"), (Words{"abort"}));
}

TEST(ZshCompletion, IsGoodZsh) {
    luod::tests::Outcome outcome = luod::tests::run(
        {.command = {"sh", "-c", "command -v zsh >/dev/null || exit 0; exec zsh -nc \"$0\"", luoctl::zshCompletion()},
         .captureErrors = true});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
}

} // namespace
