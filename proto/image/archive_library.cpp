// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/archive_library.hpp"

#include <dlfcn.h>

namespace luod::image {
namespace {

constexpr const char* soname = "libarchive.so.13";

template <typename Function> void find(void* handle, ArchiveLibrary& library, const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(dlsym(handle, name));
    if (!function)
        library.error = std::string(soname) + " has no " + name;
}

ArchiveLibrary load() {
    ArchiveLibrary library;
    void* handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL); // for ever: unloading would save nothing that matters
    if (!handle) {
        library.error = dlerror();
        return library;
    }
    find(handle, library, "archive_read_new", library.readNew);
    find(handle, library, "archive_read_free", library.readFree);
    find(handle, library, "archive_read_support_format_raw", library.supportRaw);
    find(handle, library, "archive_read_support_filter_gzip", library.supportGzip);
    find(handle, library, "archive_read_support_filter_xz", library.supportXz);
    find(handle, library, "archive_read_support_filter_zstd", library.supportZstd);
    find(handle, library, "archive_read_support_filter_lz4", library.supportLz4);
    find(handle, library, "archive_read_support_filter_bzip2", library.supportBzip2);
    find(handle, library, "archive_read_support_filter_lzma", library.supportLzma);
    find(handle, library, "archive_read_open_memory", library.openMemory);
    find(handle, library, "archive_read_next_header", library.nextHeader);
    find(handle, library, "archive_read_data_block", library.dataBlock);
    find(handle, library, "archive_filter_code", library.filterCode);
    find(handle, library, "archive_error_string", library.errorString);
    return library;
}

} // namespace

const ArchiveLibrary& archiveLibrary() {
    static const ArchiveLibrary library = load();
    return library;
}

} // namespace luod::image
