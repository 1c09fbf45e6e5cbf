// SPDX-License-Identifier: LGPL-2.1-or-later
#include "words.hpp"

#include <array>
#include <charconv>

namespace luod::qemu {

namespace {

constexpr std::string_view spaces = " \t\r";

struct Unit {
    std::string_view name;
    std::uint64_t microseconds;
};
constexpr std::array units{Unit{"", 1'000'000},   Unit{"s", 1'000'000}, Unit{"ms", 1'000}, Unit{"min", 60'000'000},
                           Unit{"h", 3'600'000'000}};

std::optional<std::uint64_t> timeOfOne(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
        return std::nullopt;
    const std::string_view name = text.substr(std::size_t(end - text.data()));
    for (const Unit& unit : units)
        if (name == unit.name && number <= UINT32_MAX)
            return number * unit.microseconds;
    return std::nullopt;
}

} // namespace

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(spaces);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

Result<std::vector<std::string>> wordsOf(std::string_view line) {
    std::vector<std::string> words;
    bool inWord = false;
    char quote = '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
        char c = line[i];
        if (!quote && spaces.find(c) != std::string_view::npos) {
            inWord = false;
            continue;
        }
        if (!inWord)
            words.emplace_back();
        inWord = true;
        if (c == quote) {
            quote = '\0';
        } else if (!quote && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            if (c == '\\' && quote != '\'' && i + 1 < line.size())
                c = line[++i];
            words.back() += c;
        }
    }
    if (quote)
        return failure(std::string("a quote ") + quote + " that does not end");
    return words;
}

std::optional<std::uint64_t> timeIn(std::string_view text) {
    std::uint64_t sum = 0;
    auto words = wordsOf(text);
    if (!words || words->empty())
        return std::nullopt;
    for (const std::string& word : *words) {
        auto part = timeOfOne(word);
        if (!part)
            return std::nullopt;
        sum += *part;
    }
    return sum;
}

} // namespace luod::qemu
