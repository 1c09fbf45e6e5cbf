// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/boot_entries.hpp"

#include "proto/image/boot_entry_file.hpp"
#include "proto/image/read_file.hpp"
#include "proto/image/version_order.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <set>

namespace luod::image {
namespace {

namespace fs = std::filesystem;

constexpr const char* partitions[] = {"efi", "boot/efi", "boot"};
constexpr std::string_view loaderVendor = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

std::vector<fs::path> filesIn(const fs::path& directory, std::string_view suffix) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == suffix)
            files.push_back(at->path());
    return files;
}

bool exhausted(const BootEntry& entry) {
    return entry.triesLeft == 0u;
}

// Whether a comes before b; the specification's order.
bool before(const BootEntry& a, const BootEntry& b) {
    if (exhausted(a) != exhausted(b))
        return exhausted(b);
    if (a.sortKey.empty() != b.sortKey.empty())
        return b.sortKey.empty();
    if (!a.sortKey.empty()) {
        if (a.sortKey != b.sortKey)
            return a.sortKey < b.sortKey;
        if (a.machineId != b.machineId)
            return a.machineId < b.machineId;
        if (auto order = compareVersions(a.version, b.version); order != 0)
            return order > 0;
    }
    if (auto order = compareVersions(a.id, b.id); order != 0)
        return order > 0;
    return a.triesLeft.value_or(0) > b.triesLeft.value_or(0);
}

// A boot loader's EFI variable: four bytes of attributes, then UTF-16. Names of entries are ASCII.
std::string loaderVariable(const fs::path& root, std::string_view name) {
    fs::path file = root / "sys/firmware/efi/efivars" / (std::string(name) + "-" + std::string(loaderVendor));
    std::string raw = readText(file, 4096).value_or(""), value;
    for (std::size_t at = 4; at + 1 < raw.size() && (raw[at] || raw[at + 1]); at += 2)
        value += raw[at + 1] ? '?' : raw[at];
    return value;
}

std::string configuredDefault(const fs::path& root) {
    std::string pattern;
    for (const char* partition : partitions)
        if (auto text = readText(root / partition / "loader/loader.conf"); text && pattern.empty())
            eachSetting(*text, [&](std::string_view key, std::string_view value) {
                if (key == "default")
                    pattern = value;
            });
    return pattern;
}

std::string withoutSuffix(const std::string& id) {
    return fs::path(id).stem();
}

std::optional<BootEntry> matching(const std::vector<BootEntry>& entries, const std::string& pattern) {
    auto matches = [&](const std::string& id) { return fnmatch(pattern.c_str(), id.c_str(), FNM_CASEFOLD) == 0; };
    auto found = std::ranges::find_if(
        entries, [&](const BootEntry& entry) { return matches(entry.id) || matches(withoutSuffix(entry.id)); });
    return pattern.empty() || found == entries.end() ? std::nullopt : std::optional(*found);
}

} // namespace

std::vector<BootEntry> bootEntries(const fs::path& root) {
    std::vector<BootEntry> entries;
    std::set<fs::path> seen; // one partition may be mounted in two places, or be a link
    for (const char* name : partitions) {
        std::error_code error;
        fs::path partition = root / name, real = fs::canonical(partition, error);
        if (error || !seen.insert(real).second)
            continue;
        for (const fs::path& file : filesIn(partition / "loader/entries", ".conf"))
            if (auto entry = readType1(file, partition))
                entries.push_back(std::move(*entry));
        for (const fs::path& file : filesIn(partition / "EFI/Linux", ".efi"))
            if (auto entry = readUnified(file))
                entries.push_back(std::move(*entry));
    }
    std::ranges::stable_sort(entries, before);
    return entries;
}

std::optional<BootEntry> defaultEntry(const std::vector<BootEntry>& entries, const fs::path& root) {
    std::string configured = configuredDefault(root);
    if (configured == "@saved")
        configured = loaderVariable(root, "LoaderEntryLastBooted");
    for (const std::string& wanted :
         {loaderVariable(root, "LoaderEntryOneShot"), loaderVariable(root, "LoaderEntryDefault"), configured})
        if (auto found = matching(entries, wanted))
            return found;
    return entries.empty() ? std::nullopt : std::optional(entries.front());
}

std::optional<BootEntry> entryCalled(const std::vector<BootEntry>& entries, std::string_view id) {
    auto found = std::ranges::find_if(
        entries, [&](const BootEntry& entry) { return entry.id == id || withoutSuffix(entry.id) == id; });
    return found == entries.end() ? std::nullopt : std::optional(*found);
}

} // namespace luod::image
