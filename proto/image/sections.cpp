// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/sections.hpp"

#include <algorithm>

namespace luod::image {
namespace {

// ELF, 64 bit
constexpr std::uint64_t elfMachineAt = 18, elfSectionsAt = 40, elfEntrySizeAt = 58, elfCountAt = 60, elfNamesAt = 62;
constexpr std::uint64_t headerOffsetAt = 24, headerSizeAt = 32; // in a section's header
constexpr std::uint32_t noBits = 8;                             // a section that is not in the file

struct ElfSections {
    Bytes file;
    std::uint64_t first = 0;
    std::uint16_t entrySize = 0, count = 0;

    std::uint64_t header(std::uint16_t index) const { return first + std::uint64_t(index) * entrySize; }
    std::optional<Bytes> content(std::uint16_t index) const {
        auto type = number<std::uint32_t>(file, header(index) + 4);
        auto offset = number<std::uint64_t>(file, header(index) + headerOffsetAt);
        auto size = number<std::uint64_t>(file, header(index) + headerSizeAt);
        return type && offset && size && *type != noBits ? part(file, *offset, *size) : std::nullopt;
    }
};

std::optional<ElfSections> elfSections(Bytes file) {
    auto first = number<std::uint64_t>(file, elfSectionsAt);
    auto entrySize = number<std::uint16_t>(file, elfEntrySizeAt);
    auto count = number<std::uint16_t>(file, elfCountAt);
    // One that begins behind the file has no sections; this also keeps sums of offsets from wrapping around.
    if (!isElf(file) || !first || *first > file.size() || !entrySize || !count)
        return std::nullopt;
    return ElfSections{file, *first, *entrySize, *count};
}

// PE
constexpr std::uint64_t peHeaderAt = 0x3c, peFileHeaderSize = 24, peSectionHeaderSize = 40;

// Where "PE\0\0" is.
std::optional<std::uint32_t> peHeader(Bytes file) {
    auto at = number<std::uint32_t>(file, peHeaderAt);
    if (!has(file, 0, "MZ") || !at || !has(file, *at, std::string_view("PE\0\0", 4)))
        return std::nullopt;
    return at;
}

// The header says how long the section is in memory and how much of that is in the file: the rest is zeros or padding.
std::optional<Bytes> peContent(Bytes file, std::uint64_t header) {
    auto inMemory = number<std::uint32_t>(file, header + 8), inFile = number<std::uint32_t>(file, header + 16);
    auto offset = number<std::uint32_t>(file, header + 20);
    return inMemory && inFile && offset ? part(file, *offset, std::min(*inMemory, *inFile)) : std::nullopt;
}

} // namespace

bool isElf(Bytes file) {
    return has(file, 0,
               "\x7f"
               "ELF\x02\x01");
}

std::optional<std::uint16_t> elfMachine(Bytes file) {
    return isElf(file) ? number<std::uint16_t>(file, elfMachineAt) : std::nullopt;
}

std::optional<Bytes> elfSection(Bytes file, std::string_view name) {
    auto sections = elfSections(file);
    auto namesIndex = number<std::uint16_t>(file, elfNamesAt);
    if (!sections || !namesIndex)
        return std::nullopt;
    auto names = sections->content(*namesIndex);
    for (std::uint16_t i = 0; names && i < sections->count; ++i) {
        auto nameAt = number<std::uint32_t>(file, sections->header(i));
        if (!nameAt)
            return std::nullopt;
        if (untilNul(from(*names, *nameAt)) == name)
            return sections->content(i);
    }
    return std::nullopt;
}

std::optional<std::uint16_t> peMachine(Bytes file) {
    auto header = peHeader(file);
    return header ? number<std::uint16_t>(file, std::uint64_t(*header) + 4) : std::nullopt;
}

std::optional<Bytes> peSection(Bytes file, std::string_view name) {
    auto header = peHeader(file);
    if (!header)
        return std::nullopt;
    auto count = number<std::uint16_t>(file, std::uint64_t(*header) + 6);
    auto optionalSize = number<std::uint16_t>(file, std::uint64_t(*header) + 20);
    std::uint64_t at = *header + peFileHeaderSize + optionalSize.value_or(0);
    for (std::uint16_t i = 0; count && i < *count; ++i, at += peSectionHeaderSize) {
        auto nameBytes = part(file, at, 8);
        if (!nameBytes)
            return std::nullopt;
        if (untilNul(*nameBytes) == name.substr(0, 8))
            return peContent(file, at);
    }
    return std::nullopt;
}

std::optional<Bytes> section(Bytes file, std::string_view name) {
    return isElf(file) ? elfSection(file, name) : peSection(file, name);
}

} // namespace luod::image
