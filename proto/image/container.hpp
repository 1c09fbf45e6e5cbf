// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The many wrappings of a kernel.

#include "proto/image/bytes.hpp"

#include <string>
#include <string_view>

namespace luod::image {

enum class Container {
    Unknown,
    BzImage,    // x86
    Arm64Image, // arm64, bare
    Zboot,      // EFI zboot: a PE file that unpacks itself
    Uki,        // unified kernel image: a PE file with a kernel in its section .linux
    Elf,        // vmlinux
    Compressed, // one of the others, as a whole compressed: Image.gz
};
std::string_view word(Container container); // for people

// The first layer of an image.
struct Layer {
    Container container = Container::Unknown;
    std::string_view architecture; // "x86-64", "arm64", another, or "" where it is not known
    std::string release;           // "" where this layer does not say
    Bytes payload;                 // the next layer, or the kernel itself
    std::string_view compression;  // of the payload; "" for none
    std::size_t unpackedSize = 0;  // 0: not known
};

Layer peel(Bytes image);

} // namespace luod::image
