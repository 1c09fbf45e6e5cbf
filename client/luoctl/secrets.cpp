// SPDX-License-Identifier: LGPL-2.1-or-later
#include "secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace luoctl {
namespace {

bool ofName(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
}

// A token by itself is a number of ours.
bool soundsSecret(std::string_view name) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    constexpr std::array parts{"passw", "passphrase", "secret", "credential", "private", "apikey", "api_key", "api-key"};
    return std::ranges::any_of(parts, [&](const char* part) { return lower.find(part) != lower.npos; }) ||
           (lower.ends_with("token") && lower.size() > std::string_view("token").size());
}

std::string_view nameBefore(std::string_view text, size_t equals) {
    size_t begin = equals;
    while (begin > 0 && ofName(text[begin - 1]))
        --begin;
    return text.substr(begin, equals - begin);
}

// Where the value that begins there ends: in quotes, or with the word.
size_t endOfValue(std::string_view text, size_t at) {
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
        size_t close = text.find(text[at], at + 1);
        return close == text.npos ? text.size() : close + 1;
    }
    return std::min(text.find_first_of(" \t\n\"'", at), text.size());
}

} // namespace

std::string withoutSecrets(std::string_view text) {
    std::string out;
    size_t done = 0;
    for (size_t equals = text.find('='); equals != text.npos; equals = text.find('=', equals + 1)) {
        if (equals < done || !soundsSecret(nameBefore(text, equals)))
            continue;
        size_t end = endOfValue(text, equals + 1);
        out += text.substr(done, equals + 1 - done);
        out += end > equals + 1 ? "(left out)" : "";
        done = end;
    }
    out += text.substr(done);
    return out;
}

} // namespace luoctl
