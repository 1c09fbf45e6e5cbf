// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/decompress.hpp"

#include "proto/image/archive_library.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace luod::image {
namespace {

struct Magic {
    std::string_view bytes, name;
};
using namespace std::string_view_literals;
constexpr std::array magics{
    Magic{"\x1f\x8b"sv, "gzip"},
    Magic{"\xfd"
          "7zXZ\0"sv,
          "xz"},
    Magic{"\x28\xb5\x2f\xfd"sv, "zstd"},
    Magic{"\x04\x22\x4d\x18"sv, "lz4"},
    Magic{"\x02\x21\x4c\x18"sv, "lz4-legacy"},
    Magic{"BZh"sv, "bzip2"},
    Magic{"\x5d\0\0"sv, "lzma"},
};

const ArchiveLibrary& lib() {
    return archiveLibrary();
}

void supportFilters(archive* reader) {
    // Not all that there are: the library starts programs for what it cannot do itself.
    for (auto* support : {lib().supportGzip, lib().supportXz, lib().supportZstd, lib().supportLz4, lib().supportBzip2,
                          lib().supportLzma})
        support(reader);
}

} // namespace

std::string_view compressionOf(Bytes bytes) {
    auto row = std::ranges::find_if(magics, [&](const Magic& magic) { return has(bytes, 0, magic.bytes); });
    return row == magics.end() ? "" : row->name;
}

void Unpacking::Free::operator()(archive* reader) const {
    lib().readFree(reader);
}

Unpacking::Unpacking(Bytes input) : error_(lib().error) {
    if (!error_.empty())
        return;
    reader_.reset(lib().readNew());
    if (!reader_) {
        error_ = "out of memory";
        return;
    }
    supportFilters(reader_.get());
    lib().supportRaw(reader_.get());
    archive_entry* entry = nullptr;
    if (lib().openMemory(reader_.get(), input.data(), input.size()) != ARCHIVE_OK ||
        lib().nextHeader(reader_.get(), &entry) != ARCHIVE_OK)
        fail();
    else if (lib().filterCode(reader_.get(), 0) == ARCHIVE_FILTER_NONE)
        error_ = "it is not compressed in a known way";
}

void Unpacking::fail() {
    const char* words = lib().errorString(reader_.get());
    error_ = words ? words : "it cannot be decompressed";
}

Bytes Unpacking::next() {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    while (error_.empty()) {
        int result = lib().dataBlock(reader_.get(), &data, &size, &offset);
        if (result == ARCHIVE_EOF)
            return {};
        if (result != ARCHIVE_OK)
            fail();
        else if (size > 0)
            return {static_cast<const std::byte*>(data), size};
    }
    return {};
}

Unpacked decompress(Bytes input, std::size_t expected, std::size_t largest) {
    Unpacked out;
    // The number comes from the image and may be a lie: it must not cost much.
    out.bytes.reserve(std::min({expected, largest, input.size() * 16}));
    Unpacking unpacking(input);
    for (Bytes piece = unpacking.next(); !piece.empty(); piece = unpacking.next()) {
        if (piece.size() > largest - out.bytes.size()) {
            out.error = fmt::format("it is larger than {} MiB when unpacked", largest >> 20);
            return out;
        }
        out.bytes.insert(out.bytes.end(), piece.begin(), piece.end());
    }
    out.error = unpacking.error();
    return out;
}

} // namespace luod::image
