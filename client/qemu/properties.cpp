// SPDX-License-Identifier: LGPL-2.1-or-later
#include "properties.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace luod::qemu {

namespace {

// Up to the next comma that stands alone; takes it off the text.
std::string nextWord(std::string_view& text) {
    std::string word;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == ',') {
            if (!text.starts_with(','))
                return word;
            text.remove_prefix(1);
        }
        word += c;
    }
    return word;
}

std::string escaped(const std::string& value) {
    std::string text;
    for (const char c : value)
        text += c == ',' ? ",," : std::string(1, c);
    return text;
}

std::optional<int> powerOf(char suffix) {
    const auto at = std::string_view("BKMGTPE").find(char(std::toupper(static_cast<unsigned char>(suffix))));
    return at == std::string_view::npos ? std::nullopt : std::optional<int>(int(at) * 10);
}

} // namespace

Properties::Properties(std::string_view text, std::string_view implied) {
    for (bool first = true; !text.empty(); first = false) {
        const std::string word = nextWord(text);
        if (const auto sign = word.find('='); sign != std::string::npos)
            all_.emplace_back(word.substr(0, sign), word.substr(sign + 1));
        else if (first)
            all_.emplace_back(implied, word);
        else
            all_.emplace_back(word, "on");
    }
}

std::string Properties::text() const {
    std::string text;
    for (const auto& [key, value] : all_)
        text += (text.empty() ? "" : ",") + key + "=" + escaped(value);
    return text;
}

const std::string* Properties::find(std::string_view key) const {
    const auto at = std::find_if(all_.rbegin(), all_.rend(), [&](const auto& pair) { return pair.first == key; });
    return at == all_.rend() ? nullptr : &at->second;
}

std::string Properties::value(std::string_view key) const {
    const std::string* found = find(key);
    return found ? *found : "";
}

bool Properties::isOn(std::string_view key) const {
    const std::string word = value(key);
    return word == "on" || word == "yes" || word == "true" || word == "y";
}

void Properties::remove(std::string_view key) {
    std::erase_if(all_, [&](const auto& pair) { return pair.first == key; });
}

std::optional<std::uint64_t> sizeOf(const std::string& text, std::uint64_t unit) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    char* end = nullptr;
    const double number = hexadecimal ? double(std::strtoull(text.c_str(), &end, 16)) : std::strtod(text.c_str(), &end);
    const std::string_view rest = end;
    if (end == text.c_str() || !std::isfinite(number) || number <= 0 || number >= 0x1p60 || rest.size() > 1)
        return std::nullopt;
    if (rest.empty())
        return std::uint64_t(number * double(unit));
    const auto power = powerOf(rest.front());
    const double bytes = power ? std::ldexp(number, *power) : 0;
    return bytes >= 1 && bytes < 0x1p60 ? std::optional(std::uint64_t(bytes)) : std::nullopt;
}

} // namespace luod::qemu
