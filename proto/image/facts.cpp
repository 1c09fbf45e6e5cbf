// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/facts.hpp"

#include "proto/image/decompress.hpp"
#include "proto/image/read_file.hpp"
#include "proto/image/sections.hpp"

#include <fmt/core.h>

namespace luod::image {
namespace {

namespace fs = std::filesystem;

// A unified image around a zboot image around an Image: three. More is no kernel that anybody made.
constexpr int mostLayers = 4;

void noteLayer(Facts& facts, const Layer& layer) {
    if (facts.container == Container::Unknown)
        facts.container = layer.container;
    if (facts.architecture.empty())
        facts.architecture = layer.architecture;
    if (facts.release.empty())
        facts.release = layer.release;
    if (facts.compression.empty())
        facts.compression = layer.compression;
}

// The kernel itself, without any wrapping.
void readKernel(Facts& facts, Bytes kernel) {
    auto table = versionTable(kernel);
    facts.versionsTrusted = facts.versionsTrusted || table;
    facts.versions.merge(table ? *table : facts.versionsTrusted ? Versions{} : versionStrings(kernel));
    facts.banner = banner(kernel);
    if (facts.release.empty())
        facts.release = releaseOf(facts.banner);
    facts.config = embeddedConfig(kernel);
    if (facts.config)
        facts.configSource = "the image";
    facts.complete = facts.trouble.empty();
}

void readUki(Facts& facts, Bytes image) {
    if (auto cmdline = peSection(image, ".cmdline"))
        facts.cmdline = untilNul(*cmdline);
}

void readOuterTable(Facts& facts, Bytes image) {
    if (auto table = versionTable(image)) {
        facts.versions = *table;
        facts.versionsTrusted = true;
    }
}

std::string incomplete(const Layer& layer, const Unpacked& unpacked) {
    // Some decompressors complain of what follows the last byte, some are content with a part: the announced size
    // decides.
    if (layer.unpackedSize ? layer.unpackedSize == unpacked.bytes.size() : unpacked.error.empty())
        return "";
    return fmt::format("only {} bytes of it could be unpacked: {}", unpacked.bytes.size(),
                       unpacked.error.empty() ? fmt::format("{} are announced", layer.unpackedSize) : unpacked.error);
}

Buffer unpack(Facts& facts, const Layer& layer) {
    if (layer.compression.empty()) {
        facts.trouble = "its kernel is packed in a way that is not known";
        return {};
    }
    Unpacked unpacked = decompress(layer.payload, layer.unpackedSize);
    if (std::string trouble = incomplete(layer, unpacked); !trouble.empty())
        facts.trouble = std::move(trouble);
    return std::move(unpacked.bytes);
}

// False: it is no kernel.
bool descend(Facts& facts, Bytes image, int depth) {
    Layer layer = peel(image);
    if (layer.container == Container::Unknown || depth > mostLayers)
        return false;
    noteLayer(facts, layer);
    switch (layer.container) {
    case Container::Uki:
        readUki(facts, image);
        return descend(facts, layer.payload, depth + 1);
    case Container::Compressed:
        return descend(facts, unpack(facts, layer), depth + 1);
    case Container::BzImage:
    case Container::Zboot:
        readOuterTable(facts, image);
        readKernel(facts, unpack(facts, layer));
        return true;
    default:
        readKernel(facts, layer.payload);
        return true;
    }
}

// The release is the image's word: it must not lead out of the directory.
bool isFileName(std::string_view release) {
    return !release.empty() && release.find('/') == release.npos && release != "..";
}

std::vector<fs::path> configPaths(const Facts& facts, const fs::path& path, const fs::path& root) {
    std::vector<fs::path> paths;
    if (isFileName(facts.release))
        paths = {path.parent_path() / ("config-" + facts.release), root / "boot" / ("config-" + facts.release),
                 root / "usr/lib/modules" / facts.release / "config"};
    if (path.filename() == "vmlinuz") // in a module tree
        paths.insert(paths.begin(), path.parent_path() / "config");
    return paths;
}

void addConfig(Facts& facts, const fs::path& path, const fs::path& root) {
    if (facts.config)
        return;
    for (const fs::path& candidate : configPaths(facts, path, root))
        if (auto file = readFile(candidate)) {
            facts.config = parseConfig(text(*file));
            facts.configSource = candidate;
            return;
        }
}

std::expected<Facts, std::string> inspectBuffer(const std::expected<Buffer, std::string>& buffer, const fs::path& path,
                                                const fs::path& root) {
    if (!buffer)
        return std::unexpected(buffer.error());
    auto facts = inspect(*buffer);
    if (facts)
        addConfig(*facts, path, root);
    return facts;
}

} // namespace

std::expected<Facts, std::string> inspect(Bytes image) {
    Facts facts;
    if (!descend(facts, image, 1))
        return std::unexpected(facts.trouble.empty() ? "it is no kernel image of a known kind" : facts.trouble);
    if (facts.complete && facts.banner.empty())
        return std::unexpected("there is no Linux kernel in it");
    return facts;
}

std::expected<Facts, std::string> inspect(const fs::path& path, const fs::path& root) {
    return inspectBuffer(readFile(path), path, root);
}

std::expected<Facts, std::string> inspect(int fd, const fs::path& path, const fs::path& root) {
    return inspectBuffer(readFile(fd), path, root);
}

} // namespace luod::image
