// SPDX-License-Identifier: LGPL-2.1-or-later
#include "parse.hpp"

#include "failure.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <fmt/core.h>
#include <pwd.h>
#include <string>
#include <vector>

namespace luoctl {
namespace {

std::optional<uint64_t> number(std::string_view word, int base) {
    uint64_t value = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional(value) : std::nullopt;
}

struct Unit {
    std::string_view name;
    uint64_t usec;
};
constexpr std::array units{Unit{"", 1'000'000},     Unit{"us", 1},         Unit{"ms", 1'000},
                           Unit{"s", 1'000'000},    Unit{"m", 60'000'000}, Unit{"min", 60'000'000},
                           Unit{"h", 3'600'000'000}};

bool allDigits(std::string_view word) {
    return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

} // namespace

std::optional<uint64_t> parseToken(std::string_view word) {
    bool hexadecimal = word.starts_with("0x");
    auto token = hexadecimal ? number(word.substr(2), 16) : number(word, 10);
    if (!token && allDigits(word))
        throw usage(fmt::format("token {} is greater than {}", word, UINT64_MAX));
    return token;
}

uid_t parseUser(std::string_view word) {
    if (auto uid = number(word, 10); uid && *uid < UINT32_MAX)
        return uid_t(*uid);
    std::vector<char> buffer(16384);
    passwd entry{}, *found = nullptr;
    if (getpwnam_r(std::string(word).c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->pw_uid;
    throw usage(fmt::format("there is no user {}", word));
}

int parseFd(std::string_view word) {
    auto fd = number(word, 10);
    if (!fd || *fd > INT_MAX)
        throw usage(fmt::format("--fd={} is not the number of a file descriptor", word));
    return int(*fd);
}

uint64_t parseSpan(std::string_view text) {
    uint64_t total = 0;
    std::string_view rest = text;
    while (!rest.empty()) {
        size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        auto count = number(rest.substr(0, digits), 10);
        rest.remove_prefix(digits);
        size_t end = std::min(rest.find_first_of(" 0123456789"), rest.size());
        auto unit = std::ranges::find(units, rest.substr(0, end), &Unit::name);
        uint64_t part = 0;
        if (!count || unit == units.end() || __builtin_mul_overflow(*count, unit->usec, &part) ||
            __builtin_add_overflow(total, part, &total))
            throw usage(fmt::format("{} is not a span of time like 30s or 1min", text));
        rest.remove_prefix(end);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    if (total == 0)
        throw usage(fmt::format("{} is not a span of time like 30s or 1min", text));
    return total;
}

uint64_t freeToken(std::span<const uint64_t> taken) {
    if (taken.empty())
        return 1;
    if (taken.back() != UINT64_MAX)
        return taken.back() + 1;
    uint64_t candidate = 1;
    for (uint64_t token : taken)
        if (token == candidate)
            ++candidate;
    return candidate;
}

} // namespace luoctl
