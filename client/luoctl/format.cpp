// SPDX-License-Identifier: LGPL-2.1-or-later
#include "format.hpp"

#include <array>
#include <cwchar>
#include <fmt/core.h>
#include <pwd.h>
#include <time.h>
#include <vector>

namespace luoctl {

std::string bytes(uint64_t size) {
    constexpr std::string_view units = "BKMGTPE";
    unsigned unit = 0;
    uint64_t rest = 0; // of the next smaller unit, 0 to 1023
    for (; size >= 1024; ++unit) {
        rest = size % 1024;
        size /= 1024;
    }
    uint64_t tenths = rest * 10 / 1024;
    return tenths ? fmt::format("{}.{}{}", size, tenths, units[unit]) : fmt::format("{}{}", size, units[unit]);
}

std::string timestamp(uint64_t usec) {
    time_t seconds = time_t(usec / 1'000'000);
    tm local{};
    std::array<char, 64> text;
    if (usec == 0 || !localtime_r(&seconds, &local) ||
        strftime(text.data(), text.size(), "%a %Y-%m-%d %H:%M:%S %Z", &local) == 0)
        return "n/a";
    return text.data();
}

std::string seconds(uint64_t usec) {
    uint64_t thousandths = (usec + 500) / 1'000;
    return fmt::format("{}.{:03}s", thousandths / 1'000, thousandths % 1'000);
}

std::string printable(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        // U+0080 to U+009F are control characters too, and some terminals obey them.
        bool c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (c1)
            ++i;
        if (byte == '\n' || byte == '\r' || byte == '\t')
            out += ' ';
        else
            out += byte < 0x20 || byte == 0x7f || c1 ? '?' : text[i];
    }
    return out;
}

size_t width(std::string_view text) {
    size_t columns = 0;
    std::mbstate_t state{};
    while (!text.empty()) {
        wchar_t character = 0;
        size_t n = std::mbrtowc(&character, text.data(), text.size(), &state);
        if (n == 0 || n > text.size()) { // not in this locale: a byte, a column
            state = {};
            n = 1;
            character = L'?';
        }
        columns += size_t(std::max(wcwidth(character), 0));
        text.remove_prefix(n);
    }
    return columns;
}

std::string userName(uid_t uid) {
    std::vector<char> buffer(16384);
    passwd entry{}, *found = nullptr;
    if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->pw_name;
    return std::to_string(uid);
}

} // namespace luoctl
