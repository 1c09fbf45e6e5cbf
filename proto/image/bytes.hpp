// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Bytes that somebody else made. Nothing is read beyond their end: what is not there is an empty optional or span.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace luod::image {

using Bytes = std::span<const std::byte>;
using Buffer = std::vector<std::byte>;

// The part of the bytes from there on that is really there.
inline Bytes from(Bytes bytes, std::uint64_t offset) {
    return offset < bytes.size() ? bytes.subspan(std::size_t(offset)) : Bytes{};
}

// Exactly that part, or nothing.
inline std::optional<Bytes> part(Bytes bytes, std::uint64_t offset, std::uint64_t length) {
    if (offset > bytes.size() || length > bytes.size() - offset)
        return std::nullopt;
    return bytes.subspan(std::size_t(offset), std::size_t(length));
}

// A number as little endian machines write it, which all whose kernels are looked at here are.
template <std::unsigned_integral T> std::optional<T> number(Bytes bytes, std::uint64_t offset) {
    auto found = part(bytes, offset, sizeof(T));
    if (!found)
        return std::nullopt;
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
        value = T(std::uint64_t(value) << 8 | std::to_integer<std::uint64_t>((*found)[i]));
    return value;
}

inline std::string_view text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Up to the first NUL.
inline std::string_view untilNul(Bytes bytes) {
    std::string_view all = text(bytes);
    return all.substr(0, all.find('\0'));
}

inline bool has(Bytes bytes, std::uint64_t offset, std::string_view magic) {
    auto found = part(bytes, offset, magic.size());
    return found && text(*found) == magic;
}

} // namespace luod::image
