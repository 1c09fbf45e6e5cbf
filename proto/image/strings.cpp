// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/strings.hpp"

#include "proto/image/sections.hpp"

#include <algorithm>

namespace luod::image {
namespace {

constexpr std::uint32_t tableMagic = 0x4c565550, tableVersion = 1;
constexpr std::size_t longest = 48; // the kernel's room for one, its NUL included

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isNameChar(char c) {
    return (c >= 'a' && c <= 'z') || isDigit(c) || c == '-' || c == '_';
}

// Given where "-v" is: the whole string, or "" if it is none. Before it there need not be a NUL: some of them are
// fields of structs, behind whatever the field before ends in.
std::string_view around(std::string_view text, std::size_t at) {
    std::size_t begin = at, end = at + 2;
    while (begin > 0 && at - begin < longest && isNameChar(text[begin - 1]))
        --begin;
    while (end < text.size() && end - at < longest && isDigit(text[end]))
        ++end;
    bool complete = end > at + 2 && begin < at && end < text.size() && text[end] == '\0' && end - begin < longest;
    return complete ? text.substr(begin, end - begin) : "";
}

// "... #1 SMP ...": a kernel has the line twice, once without the number of its build.
bool isNumbered(std::string_view line) {
    std::size_t at = line.rfind(" #");
    return at != line.npos && at + 2 < line.size() && isDigit(line[at + 2]);
}

} // namespace

std::optional<Versions> versionTable(Bytes kernel) {
    auto table = section(kernel, ".liveupdate_versions");
    if (!table || number<std::uint32_t>(*table, 0) != tableMagic || number<std::uint32_t>(*table, 4) != tableVersion)
        return std::nullopt;
    Versions versions;
    for (std::uint64_t at = 8; auto field = part(*table, at, longest); at += longest)
        if (std::string_view version = untilNul(*field); !version.empty())
            versions.emplace(version);
    return versions;
}

Versions versionStrings(Bytes kernel) {
    std::string_view all = text(kernel);
    Versions versions;
    for (std::size_t at = all.find("-v"); at != all.npos; at = all.find("-v", at + 2))
        if (std::string_view found = around(all, at); !found.empty())
            versions.emplace(found);
    return versions;
}

Versions named(const Versions& versions, std::string_view name) {
    std::string prefix = std::string(name) + "-v";
    Versions found;
    for (auto at = versions.lower_bound(prefix); at != versions.end() && at->starts_with(prefix); ++at)
        if (std::ranges::all_of(at->substr(prefix.size()), isDigit))
            found.insert(*at);
    return found;
}

std::string banner(Bytes kernel) {
    constexpr std::string_view begin = "Linux version ";
    std::string_view all = text(kernel);
    std::string first;
    for (std::size_t at = all.find(begin); at != all.npos; at = all.find(begin, at + 1)) {
        std::string_view line = all.substr(at, 1024);
        line = line.substr(0, line.find_first_of(std::string_view("\n\0", 2)));
        if (line.size() <= begin.size() || !isDigit(line[begin.size()])) // the format that others are made with
            continue;
        if (isNumbered(line))
            return std::string(line);
        if (first.empty())
            first = line;
    }
    return first;
}

std::string releaseOf(std::string_view banner) {
    constexpr std::size_t begin = std::string_view("Linux version ").size();
    std::string_view rest = banner.substr(std::min(begin, banner.size()));
    return std::string(rest.substr(0, rest.find(' ')));
}

} // namespace luod::image
