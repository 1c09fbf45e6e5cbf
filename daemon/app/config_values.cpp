// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/config_values.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <strings.h>
#include <utility>

namespace luod::app {

namespace {

// Takes digits from the front.
std::optional<std::uint64_t> takeNumber(std::string_view& text) {
    std::uint64_t number = 0;
    auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
        return {};
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return number;
}

std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t result;
    return __builtin_mul_overflow(a, b, &result) ? std::optional<std::uint64_t>() : result;
}

void skipBlanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::optional<std::uint64_t> microseconds(std::string_view unit) {
    using Row = std::pair<std::string_view, std::uint64_t>;
    constexpr std::uint64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute;
    static constexpr Row units[] = {
        {"", second},    {"s", second},  {"sec", second},    {"second", second},  {"seconds", second},
        {"min", minute}, {"m", minute},  {"minute", minute}, {"minutes", minute}, {"h", hour},
        {"hr", hour},    {"hour", hour}, {"hours", hour},    {"ms", 1000},        {"msec", 1000},
        {"us", 1},       {"usec", 1},
    };
    for (auto [name, length] : units)
        if (name == unit)
            return length;
    return {};
}

bool among(std::string_view text, std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return ::strcasecmp(std::string(text).c_str(), word) == 0; });
}

} // namespace

std::optional<std::uint64_t> parseNumber(std::string_view text) {
    auto number = takeNumber(text);
    return text.empty() ? number : std::nullopt;
}

std::optional<std::uint64_t> parseSize(std::string_view text) {
    auto number = takeNumber(text);
    if (!number || text.empty())
        return number;
    skipBlanks(text);
    constexpr std::string_view suffixes = "BKMGT";
    auto power = text.size() == 1 ? suffixes.find(text[0]) : suffixes.npos;
    return power == suffixes.npos ? std::nullopt : product(*number, std::uint64_t{1} << (10 * power));
}

std::optional<bool> parseBoolean(std::string_view text) {
    if (among(text, {"1", "yes", "y", "true", "t", "on"}))
        return true;
    if (among(text, {"0", "no", "n", "false", "f", "off"}))
        return false;
    return {};
}

std::optional<std::chrono::microseconds> parseTimeSpan(std::string_view text) {
    constexpr std::uint64_t longest = std::uint64_t{365} * 24 * 3600 * 1'000'000;
    std::uint64_t sum = 0;
    skipBlanks(text);
    if (text.empty())
        return {};
    while (!text.empty()) {
        auto number = takeNumber(text);
        skipBlanks(text);
        auto end = std::min(text.find_first_of(" \t0123456789"), text.size());
        auto unit = microseconds(text.substr(0, end));
        auto part = number && unit ? product(*number, *unit) : std::nullopt;
        if (!part || *part > longest - sum)
            return {};
        sum += *part;
        text.remove_prefix(end);
        skipBlanks(text);
    }
    return std::chrono::microseconds(sum);
}

bool validGroup(std::string_view text) {
    if (parseNumber(text))
        return true;
    auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && text.size() <= 31 && letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

} // namespace luod::app
