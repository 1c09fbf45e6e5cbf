// SPDX-License-Identifier: LGPL-2.1-or-later
#include "options.hpp"

#include "failure.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <getopt.h>

namespace luoctl {
namespace {

using Text = std::string_view;

// getopt's numbers: above every letter, so that 'p' and the p-th row do not meet.
constexpr int firstNumber = 256;

std::string letters() {
    std::string out = ":";
    for (const OptionRow& row : options())
        if (row.letter) {
            out += row.letter;
            if (!row.argument.empty())
                out += ':';
        }
    return out;
}

std::vector<option> longOptions() {
    std::vector<option> out;
    int number = firstNumber;
    for (const OptionRow& row : options()) {
        if (!row.longName.empty())
            out.push_back(
                {row.longName.data(), row.argument.empty() ? no_argument : required_argument, nullptr, number});
        ++number;
    }
    out.push_back({});
    return out;
}

const OptionRow& rowOf(int number) {
    if (number >= firstNumber)
        return options()[size_t(number - firstNumber)];
    return *std::ranges::find(options(), char(number), &OptionRow::letter);
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
