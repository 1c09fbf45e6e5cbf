// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/cpio.hpp"

#include <algorithm>
#include <charconv>

namespace luod::image {
namespace {

constexpr std::size_t headerSize = 110, longestName = 4096;
constexpr std::size_t fileSizeField = 6, nameSizeField = 11; // fields of 8 hexadecimal digits, behind a magic of 6

std::optional<std::uint32_t> field(std::string_view header, std::size_t index) {
    std::string_view digits = header.substr(6 + index * 8, 8);
    std::uint32_t value = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

std::uint64_t padding(std::uint64_t length) {
    return (4 - length % 4) % 4;
}

std::string plain(std::string name) {
    name.resize(std::min(name.find('\0'), name.size()));
    while (name.starts_with('/') || name.starts_with("./"))
        name.erase(0, name.front() == '/' ? 1 : 2);
    return name;
}

} // namespace

bool CpioNames::fill() {
    if (piece_.empty())
        piece_ = more_();
    return !piece_.empty();
}

bool CpioNames::take(std::string& to, std::size_t count) {
    to.clear();
    while (to.size() < count) {
        if (!fill())
            return false;
        Bytes some = piece_.first(std::min(count - to.size(), piece_.size()));
        to += text(some);
        piece_ = piece_.subspan(some.size());
        position_ += some.size();
    }
    return true;
}

bool CpioNames::skip(std::uint64_t count) {
    while (count > 0) {
        if (!fill())
            return false;
        auto some = std::size_t(std::min<std::uint64_t>(count, piece_.size()));
        piece_ = piece_.subspan(some);
        position_ += some;
        count -= some;
    }
    return true;
}

void CpioNames::skipZeros() {
    while (fill()) {
        auto end = std::ranges::find_if(piece_, [](std::byte b) { return b != std::byte{0}; });
        auto zeros = std::size_t(end - piece_.begin());
        piece_ = piece_.subspan(zeros);
        position_ += zeros;
        if (!piece_.empty())
            return;
    }
}

std::optional<std::string> CpioNames::entry() {
    std::string header, name;
    if (!take(header, headerSize) || !(header.starts_with("070701") || header.starts_with("070702")))
        return std::nullopt;
    auto nameSize = field(header, nameSizeField), fileSize = field(header, fileSizeField);
    if (!nameSize || !fileSize || *nameSize == 0 || *nameSize > longestName || !take(name, *nameSize) ||
        !skip(padding(headerSize + *nameSize)) || !skip(*fileSize) || !skip(padding(*fileSize)))
        return std::nullopt;
    return name;
}

std::optional<std::string> CpioNames::next() {
    for (;;) {
        skipZeros();
        atEnd_ = piece_.empty();
        std::uint64_t begin = position_;
        auto name = atEnd_ ? std::nullopt : entry();
        if (!name) {
            position_ = begin;
            return std::nullopt;
        }
        if (!name->starts_with("TRAILER!!!"))
            return plain(std::move(*name));
    }
}

} // namespace luod::image
