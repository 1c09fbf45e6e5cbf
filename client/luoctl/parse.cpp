// SPDX-License-Identifier: LGPL-2.1-or-later
#include "parse.hpp"

#include "failure.hpp"

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
