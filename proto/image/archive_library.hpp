// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// libarchive, loaded when the first image is read: with all that it needs in turn it is some 3 MB, which a daemon that
// reads an image once in a while should not carry about.

#include <archive.h>
#include <archive_entry.h>
#include <string>
#include <type_traits>

namespace luod::image {

struct ArchiveLibrary {
    std::string error; // not "": it could not be loaded, and nothing below may be called

    std::add_pointer_t<decltype(::archive_read_new)> readNew = nullptr;
    std::add_pointer_t<decltype(::archive_read_free)> readFree = nullptr;
    std::add_pointer_t<decltype(::archive_read_support_format_raw)> supportRaw = nullptr;
    std::add_pointer_t<decltype(::archive_read_support_filter_gzip)> supportGzip = nullptr;
    std::add_pointer_t<decltype(::archive_read_support_filter_xz)> supportXz = nullptr;
    std::add_pointer_t<decltype(::archive_read_support_filter_zstd)> supportZstd = nullptr;
    std::add_pointer_t<decltype(::archive_read_support_filter_lz4)> supportLz4 = nullptr;
    std::add_pointer_t<decltype(::archive_read_support_filter_bzip2)> supportBzip2 = nullptr;
    std::add_pointer_t<decltype(::archive_read_support_filter_lzma)> supportLzma = nullptr;
    std::add_pointer_t<decltype(::archive_read_open_memory)> openMemory = nullptr;
    std::add_pointer_t<decltype(::archive_read_next_header)> nextHeader = nullptr;
    std::add_pointer_t<decltype(::archive_read_data_block)> dataBlock = nullptr;
    std::add_pointer_t<decltype(::archive_filter_code)> filterCode = nullptr;
    std::add_pointer_t<decltype(::archive_error_string)> errorString = nullptr;
};

// From any thread.
const ArchiveLibrary& archiveLibrary();

} // namespace luod::image
