// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/names.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>

namespace luod::core {
namespace {

bool isPlain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
           c == '@';
}

// Well-formed UTF-8 without surrogates; control characters, C1 ones included, are refused beside it.
bool isPrintableUtf8(std::string_view s) {
    for (std::size_t i = 0; i < s.size();) {
        auto lead = static_cast<unsigned char>(s[i]);
        std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
        if (length == 0 || lead > 0xf4 || i + length > s.size())
            return false;
        std::uint32_t point = length == 1 ? lead : lead & (0x7fU >> length);
        for (std::size_t k = 1; k < length; ++k) {
            auto next = static_cast<unsigned char>(s[i + k]);
            if ((next & 0xc0) != 0x80)
                return false;
            point = point << 6 | (next & 0x3f);
        }
        constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff ||
            point < smallest[length])
            return false;
        i += length;
    }
    return true;
}

std::uint64_t fnv1a(std::string_view s) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (unsigned char c : s)
        hash = (hash ^ c) * 0x100000001b3;
    return hash;
}

} // namespace

Result<> checkName(std::string_view name, std::string_view what) {
    if (name.empty())
        return fail(Errc::InvalidArgument, fmt::format("the {} is empty; give it 1 to {} bytes", what, maxNameBytes));
    if (name.size() > maxNameBytes)
        return fail(Errc::InvalidArgument,
                    fmt::format("the {} has {} bytes; {} is the most", what, name.size(), maxNameBytes));
    if (!isPrintableUtf8(name))
        return fail(Errc::InvalidArgument, fmt::format("the {} is not UTF-8 or holds control characters", what));
    if (name.find('/') != name.npos)
        return fail(Errc::InvalidArgument, fmt::format("the {} '{}' holds a '/'; leave it out", what, name));
    return {};
}

Result<> checkText(std::string_view text, std::string_view what) {
    if (text.empty() || text.size() > maxTextBytes)
        return fail(Errc::InvalidArgument, fmt::format("{} has {} bytes; give it 1 to {}", what, text.size(), maxTextBytes));
    if (!isPrintableUtf8(text))
        return fail(Errc::InvalidArgument, fmt::format("{} is not UTF-8 or holds control characters", what));
    return {};
}

std::string kernelName(uid_t owner, std::string_view name) {
    std::string plain = fmt::format("luod.{}.{}", owner, name);
    if (plain.size() <= maxKernelNameBytes && std::ranges::all_of(name, isPlain))
        return plain;
    std::string tail = fmt::format("~{:016x}", fnv1a(name));
    std::string head = fmt::format("luod.{}.", owner);
    for (char c : name) {
        if (head.size() + tail.size() >= maxKernelNameBytes || !isPlain(c))
            break;
        head += c;
    }
    return head + tail;
}

} // namespace luod::core
