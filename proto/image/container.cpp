// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/container.hpp"

#include "proto/image/decompress.hpp"
#include "proto/image/sections.hpp"

#include <algorithm>
#include <array>

namespace luod::image {
namespace {

struct Machine {
    std::uint16_t elf, pe;
    std::string_view name;
};
constexpr std::array machines{Machine{62, 0x8664, "x86-64"}, Machine{183, 0xaa64, "arm64"}, Machine{3, 0x14c, "x86-32"},
                              Machine{243, 0x5064, "riscv64"}, Machine{258, 0x6264, "loongarch64"}};

std::string_view machineName(std::optional<std::uint16_t> number, std::uint16_t Machine::*field) {
    auto row = number ? std::ranges::find(machines, *number, field) : machines.end();
    return row == machines.end() ? "" : row->name;
}

// The size of what is packed stands in the last four bytes: gzip puts it there itself, the kernel's build behind the
// others, where it is junk to their decompressors.
void setPayload(Layer& layer, Bytes payload) {
    layer.compression = compressionOf(payload);
    layer.payload = payload;
    if (layer.compression.empty() || payload.size() < 4)
        return;
    layer.unpackedSize = number<std::uint32_t>(payload, payload.size() - 4).value_or(0);
    if (layer.compression != "gzip")
        layer.payload = payload.first(payload.size() - 4);
}

// x86: the setup header, as the boot protocol has it from 2.08 on.
constexpr std::uint64_t setupSectors = 0x1f1, bootFlag = 0x1fe, protocolVersion = 0x206, versionPointer = 0x20e,
                        xloadFlags = 0x236, payloadOffset = 0x248, payloadLength = 0x24c;

std::string bzImageRelease(Bytes image) {
    auto pointer = number<std::uint16_t>(image, versionPointer);
    if (!pointer || *pointer == 0)
        return "";
    Bytes rest = from(image, std::uint64_t(*pointer) + 0x200);
    std::string_view version = untilNul(rest.first(std::min<std::size_t>(rest.size(), 256)));
    return std::string(version.substr(0, version.find(' ')));
}

Layer bzImage(Bytes image) {
    bool is64 = number<std::uint16_t>(image, xloadFlags).value_or(0) & 1;
    Layer layer{Container::BzImage, is64 ? "x86-64" : "x86-32", bzImageRelease(image), {}, "", 0};
    if (number<std::uint16_t>(image, protocolVersion).value_or(0) < 0x208)
        return layer;
    std::uint64_t sectors = number<std::uint8_t>(image, setupSectors).value_or(0);
    std::uint64_t begin = ((sectors ? sectors : 4) + 1) * 512 + number<std::uint32_t>(image, payloadOffset).value_or(0);
    std::uint64_t length = number<std::uint32_t>(image, payloadLength).value_or(0);
    // Of an image that is cut off, what there is of it.
    Bytes rest = from(image, begin);
    setPayload(layer, rest.first(std::size_t(std::min<std::uint64_t>(length, rest.size()))));
    return layer;
}

Layer zboot(Bytes image) {
    Layer layer{Container::Zboot, machineName(peMachine(image), &Machine::pe), "", {}, "", 0};
    Bytes rest = from(image, number<std::uint32_t>(image, 8).value_or(0));
    // The length here is without the size behind it.
    std::uint64_t length = number<std::uint32_t>(image, 12).value_or(0);
    layer.payload = rest.first(std::size_t(std::min<std::uint64_t>(length, rest.size())));
    layer.compression = compressionOf(layer.payload);
    layer.unpackedSize = number<std::uint32_t>(rest, length).value_or(0);
    if (layer.compression == "gzip") // whose own trailer that is
        layer.payload = rest.first(std::size_t(std::min<std::uint64_t>(length + 4, rest.size())));
    return layer;
}

Layer uki(Bytes image, Bytes kernel) {
    Layer layer{Container::Uki, machineName(peMachine(image), &Machine::pe), "", kernel, "", 0};
    if (auto uname = peSection(image, ".uname"))
        layer.release = untilNul(*uname);
    return layer;
}

Layer wholeFile(Bytes image) {
    Layer layer{Container::Compressed, "", "", image, compressionOf(image), 0};
    if (layer.compression == "gzip")
        layer.unpackedSize = number<std::uint32_t>(image, image.size() - 4).value_or(0);
    return layer;
}

} // namespace

std::string_view word(Container container) {
    constexpr std::array words{"unknown",
                               "bzImage",
                               "Image",
                               "EFI zboot image",
                               "unified kernel image",
                               "ELF (vmlinux)",
                               "compressed as a whole"};
    return words[std::size_t(container)];
}

Layer peel(Bytes image) {
    if (number<std::uint16_t>(image, bootFlag) == 0xaa55 && has(image, 0x202, "HdrS"))
        return bzImage(image);
    if (has(image, 0, "MZ") && has(image, 4, "zimg"))
        return zboot(image);
    if (auto kernel = peSection(image, ".linux"))
        return uki(image, *kernel);
    if (has(image, 0x38, "ARM\x64"))
        return {Container::Arm64Image, "arm64", "", image, "", 0};
    if (isElf(image))
        return {Container::Elf, machineName(elfMachine(image), &Machine::elf), "", image, "", 0};
    return compressionOf(image).empty() ? Layer{} : wholeFile(image);
}

} // namespace luod::image
