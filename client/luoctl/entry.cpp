// SPDX-License-Identifier: LGPL-2.1-or-later
#include "entry.hpp"

#include "failure.hpp"
#include "proto/image/boot_entries.hpp"
#include "proto/image/container.hpp"
#include "proto/image/read_file.hpp"
#include "proto/image/sections.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace luoctl {
namespace {

namespace image = luod::image;

image::BootEntry entryOf(const std::string& id, const std::filesystem::path& root) {
    std::vector<image::BootEntry> entries = image::bootEntries(root);
    if (entries.empty())
        throw usage("there are no Boot Loader Specification entries here: name a KERNEL");
    auto entry = id == "default" ? image::defaultEntry(entries, root) : image::entryCalled(entries, id);
    if (entry)
        return *entry;
    std::vector<std::string> ids;
    for (const image::BootEntry& each : entries)
        ids.push_back(each.id);
    throw usage(fmt::format("there is no entry {}, but {}", id, fmt::join(ids, ", ")));
}

// Entries and sections may end in a line end, and sections in the zeros that fill them up.
std::string trimmed(std::string_view text) {
    size_t end = text.find_last_not_of(" \n\r\t");
    return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

NextKernel kernelOfParts(const image::BootEntry& entry) {
    std::vector<std::string> initrds(entry.initrds.begin(), entry.initrds.end());
    NextKernel next = kernelOfFiles(entry.kernel.string(), initrds);
    next.cmdline = entry.cmdline;
    return next;
}

} // namespace

NextKernel kernelOfEntry(const std::string& id, const std::filesystem::path& root) {
    image::BootEntry entry = entryOf(id, root);
    if (!entry.unified)
        return kernelOfParts(entry);
    if (auto unified = kernelOfUnified(entry.kernel))
        return std::move(*unified);
    throw usage(fmt::format("{} is not a unified kernel image", entry.kernel.string()));
}

std::optional<NextKernel> kernelOfUnified(const std::filesystem::path& path) {
    Fd file = openForReading(path);
    auto bytes = image::readFile(file.get());
    if (!bytes)
        throw usage(fmt::format("cannot use {}: {}", path.string(), bytes.error()));
    if (image::peel(*bytes).container != image::Container::Uki)
        return std::nullopt;
    NextKernel next{.kernelPath = path};
    if (auto kernel = image::peSection(*bytes, ".linux"))
        next.kernel = fileWith("kernel", image::text(*kernel));
    if (auto initrd = image::peSection(*bytes, ".initrd")) {
        next.initrds.push_back(fileWith("initrd", image::text(*initrd)));
        next.initrdPaths = path;
    }
    if (auto cmdline = image::peSection(*bytes, ".cmdline"))
        next.cmdline = trimmed(image::untilNul(*cmdline));
    return next;
}

} // namespace luoctl
