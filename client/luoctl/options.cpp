// SPDX-License-Identifier: LGPL-2.1-or-later
#include "options.hpp"

#include "failure.hpp"
#include "parse.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <getopt.h>

namespace luoctl {
namespace {

using Text = std::string_view;

constexpr Text readers = " status list show ";
constexpr Text ofSessions = " list show preserve retrieve annotate take-out finish discard ";
constexpr Text ofSessionsAndCreate = " list show create preserve retrieve annotate take-out finish discard ";

void setJson(Options& options, Text word) {
    if (word == "short")
        options.json = Json::Short;
    else if (word == "pretty")
        options.json = Json::Pretty;
    else if (word == "off")
        options.json = Json::Off;
    else
        throw usage(fmt::format("--json={} is not one of short, pretty, off", word));
}

void addProperties(Options& options, Text list) {
    while (!list.empty()) {
        size_t comma = std::min(list.find(','), list.size());
        if (comma > 0)
            options.properties.emplace_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

void addMetadata(Options& options, Text pair) {
    size_t equals = pair.find('=');
    if (pair.empty() || equals == 0)
        throw usage(fmt::format("--metadata={} is not KEY=VALUE", pair));
    std::optional<std::string> value;
    if (equals != Text::npos)
        value = pair.substr(equals + 1);
    options.metadata.emplace_back(pair.substr(0, equals), value);
}

void setDirection(Options& options, Text direction) {
    if (!options.direction.empty() && options.direction != direction)
        throw usage("--incoming and --outgoing exclude each other");
    options.direction = direction;
}

constexpr std::array table{
    OptionRow{'h', "help", "", "show this help", "", [](Options& o, Text) { o.help = true; }},
    OptionRow{0, "version", "", "show the version", "", [](Options& o, Text) { o.version = true; }},
    OptionRow{'H', "host", "[USER@]HOST", "talk to luod on another host, over ssh", "",
              [](Options& o, Text a) { o.host = a; }, Completes::Host},
    OptionRow{0, "json", "FORM", "print JSON: short, pretty or off", "", setJson, Completes::Words, "short pretty off"},
    OptionRow{0, "no-legend", "", "no headings and no totals", "", [](Options& o, Text) { o.legend = false; }},
    OptionRow{0, "no-pager", "", "do not pipe long output into a pager", "", [](Options& o, Text) { o.pager = false; }},
    OptionRow{'q', "quiet", "", "print nothing but what was asked for and errors", "",
              [](Options& o, Text) { o.quiet = true; }},
    OptionRow{'p', "property", "NAME", "show only these properties, as NAME=VALUE", readers, addProperties},
    OptionRow{'P', "", "NAME", "the same as --value --property=NAME", readers,
              [](Options& o, Text a) {
                  addProperties(o, a);
                  o.value = true;
              }},
    OptionRow{0, "value", "", "with --property: without the NAME=", readers, [](Options& o, Text) { o.value = true; }},
    OptionRow{0, "owner", "USER", "sessions of that user or uid (root only)", ofSessionsAndCreate,
              [](Options& o, Text a) { o.owner = parseUser(a); }, Completes::User},
    OptionRow{0, "incoming", "", "sessions that came from the previous kernel", ofSessions,
              [](Options& o, Text) { setDirection(o, "incoming"); }},
    OptionRow{0, "outgoing", "", "sessions that are filled for the next kernel", ofSessions,
              [](Options& o, Text) { setDirection(o, "outgoing"); }},
    OptionRow{0, "fd", "N", "hand over this inherited file descriptor", " preserve ",
              [](Options& o, Text a) { o.fd = parseFd(a); }},
    OptionRow{0, "by-luod", "", "have luod make the kernel call, and bear the memory", " preserve retrieve ",
              [](Options& o, Text) { o.byLuod = true; }},
    OptionRow{0, "metadata", "KEY=VALUE", "set this; annotate: KEY alone removes it", " preserve annotate ",
              addMetadata},
    OptionRow{0, "name", "NAME", "the file's name", " preserve annotate ", [](Options& o, Text a) { o.name = a; }},
    OptionRow{'o', "output", "FILE", "write the content there; - is standard output", " retrieve ",
              [](Options& o, Text a) { o.output = a; }, Completes::File},
    OptionRow{0, "finish", "", "finish the session when all went well", " retrieve ",
              [](Options& o, Text) { o.finish = true; }},
};

// getopt's numbers: above every letter, so that 'p' and the p-th row do not meet.
constexpr int firstNumber = 256;

std::string letters() {
    std::string out = ":";
    for (const OptionRow& row : table)
        if (row.letter) {
            out += row.letter;
            if (!row.argument.empty())
                out += ':';
        }
    return out;
}

std::vector<option> longOptions() {
    std::vector<option> out;
    for (size_t i = 0; i < table.size(); ++i)
        if (!table[i].longName.empty())
            out.push_back({table[i].longName.data(), table[i].argument.empty() ? no_argument : required_argument,
                           nullptr, firstNumber + int(i)});
    out.push_back({});
    return out;
}

const OptionRow& rowOf(int number) {
    if (number >= firstNumber)
        return table[size_t(number - firstNumber)];
    return *std::ranges::find(table, char(number), &OptionRow::letter);
}

// getopt_long permutes, and forgets where "--" was: so it does not get to see it.
std::vector<char*> cutCommand(int argc, char* const* argv, Options& options) {
    std::vector<char*> words(argv, argv + argc);
    auto dashes = std::ranges::find(words, Text("--"), [](const char* word) { return Text(word); });
    options.hasCommand = dashes != words.end();
    if (options.hasCommand)
        options.command.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
    return words;
}

} // namespace

std::span<const OptionRow> options() {
    return table;
}

std::string label(const OptionRow& row) {
    return row.longName.empty() ? fmt::format("-{}", row.letter) : fmt::format("--{}", row.longName);
}

bool takes(const OptionRow& row, Text verb) {
    return row.verbs.empty() || row.verbs.find(fmt::format(" {} ", verb)) != Text::npos;
}

Options parse(int argc, char* const* argv) {
    Options options;
    std::vector<char*> words = cutCommand(argc, argv, options);
    std::vector<option> longs = longOptions();
    int count = int(words.size());
    words.push_back(nullptr);
    optind = 0; // glibc: begin anew
    for (int number; (number = getopt_long(count, words.data(), letters().c_str(), longs.data(), nullptr)) != -1;) {
        if (number == '?')
            throw usage(fmt::format("unknown option {}", words[optind - 1]));
        if (number == ':')
            throw usage(fmt::format("option {} needs an argument", words[optind - 1]));
        const OptionRow& row = rowOf(number);
        row.set(options, optarg ? optarg : "");
        options.seen.push_back(&row);
    }
    options.arguments.assign(words.begin() + optind, words.begin() + count);
    return options;
}

} // namespace luoctl
