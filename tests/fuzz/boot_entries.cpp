// SPDX-License-Identifier: LGPL-2.1-or-later

// A partition of boot entries: name and content of one, a unified image, loader.conf, an EFI variable.

#include "fuzz/fuzz.hpp"
#include "fuzz/scratch.hpp"
#include "proto/image/boot_entries.hpp"

#include <algorithm>

namespace luod::fuzz {
namespace {

constexpr const char* variable = "sys/firmware/efi/efivars/LoaderEntryOneShot-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

// As a directory can hold it.
std::string fileName(std::string_view text, const char* suffix) {
    std::string name(text.substr(0, 200));
    std::ranges::replace_if(name, [](char c) { return c == '/' || c == '\0'; }, '_');
    return "x" + name + suffix;
}

struct Partition {
    Partition() {
        for (const char* directory : {"boot/loader/entries", "boot/EFI/Linux", "sys/firmware/efi/efivars"})
            root.directory(directory);
    }
    Scratch root;
};

void lookThrough(const std::filesystem::path& root) {
    const auto entries = image::bootEntries(root);
    require(entries.empty() || image::defaultEntry(entries, root).has_value(), "where there are entries, one is the default");
    for (const image::BootEntry& each : entries) {
        const auto found = image::entryCalled(entries, each.id);
        require(found && found->id == each.id, "every entry is found by its name");
        require(!each.kernel.empty(), "every entry has a kernel");
        require(each.kernel.string().starts_with(root.string()), "no entry leads out of its root");
    }
}

} // namespace
} // namespace luod::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace luod;
    static const fuzz::Partition partition;
    const fuzz::Scratch& root = partition.root;
    fuzz::Input input(data, size);
    const std::string entry = "boot/loader/entries/" + fuzz::fileName(input.text(), ".conf"),
                      unified = "boot/EFI/Linux/" + fuzz::fileName(input.text(), ".efi");
    root.write("boot/loader/loader.conf", input.text());
    root.write(fuzz::variable, input.text());
    root.write(entry, input.part());
    root.write(unified, input.rest());
    fuzz::lookThrough(root.path());
    root.remove(entry);
    root.remove(unified);
    return 0;
}
