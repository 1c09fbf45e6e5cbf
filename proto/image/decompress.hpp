// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Decompression, by libarchive: gzip, xz, zstd, lz4 (its legacy form, too), bzip2, lzma. Nothing else is tried, and
// nothing is unpacked without bound.

#include "proto/image/bytes.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct archive;

namespace luod::image {

// "gzip", "xz", "zstd", "lz4", "lz4-legacy", "bzip2", "lzma", or "" where the bytes begin like none of them.
std::string_view compressionOf(Bytes bytes);

inline constexpr std::size_t largestUnpacked = std::size_t(512) << 20;

// The unpacked bytes piece by piece. The input must outlive it.
class Unpacking {
public:
    explicit Unpacking(Bytes input);
    // Empty at the end, and where it cannot go on: see error().
    Bytes next();
    const std::string& error() const { return error_; }

private:
    struct Free {
        void operator()(archive* reader) const;
    };
    void fail();

    std::unique_ptr<archive, Free> reader_;
    std::string error_;
};

struct Unpacked {
    Buffer bytes;
    std::string error; // not "": the bytes are only the beginning
};
// expected: the size, where it is known, which saves memory.
Unpacked decompress(Bytes input, std::size_t expected = 0, std::size_t largest = largestUnpacked);

} // namespace luod::image
