// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/initrd.hpp"

#include "proto/image/cpio.hpp"
#include "proto/image/decompress.hpp"

#include <fmt/core.h>
#include <utility>

namespace luod::image {
namespace {

// An initrd of millions of names is an attack on our memory.
constexpr std::size_t mostPaths = 1 << 20;

void collect(CpioNames& names, InitrdFiles& files) {
    while (files.paths.size() < mostPaths) {
        auto path = names.next();
        if (!path)
            return;
        files.paths.push_back(std::move(*path));
    }
    files.trouble = "it has too many files";
}

// Uncompressed archives at the beginning. What is left behind them.
Bytes listPlain(Bytes initrd, InitrdFiles& files) {
    Bytes rest = initrd;
    CpioNames names([&rest] { return std::exchange(rest, Bytes{}); });
    collect(names, files);
    return names.atEnd() ? Bytes{} : from(initrd, names.position());
}

void listPacked(Bytes initrd, InitrdFiles& files) {
    Unpacking unpacking(initrd);
    CpioNames names([&unpacking] { return unpacking.next(); });
    collect(names, files);
    if (!unpacking.error().empty())
        files.trouble =
            fmt::format("its {} part cannot be read to the end: {}", compressionOf(initrd), unpacking.error());
    else if (files.trouble.empty() && !names.atEnd())
        files.trouble = "its compressed part is no cpio archive";
}

} // namespace

InitrdFiles listInitrd(Bytes initrd) {
    InitrdFiles files;
    Bytes rest = listPlain(initrd, files);
    if (rest.empty() || !files.trouble.empty())
        return files;
    if (compressionOf(rest).empty())
        files.trouble = "there is something in it that is no whole cpio archive and not compressed in a known way";
    else
        listPacked(rest, files);
    return files;
}

} // namespace luod::image
