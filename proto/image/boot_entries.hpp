// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Boot Loader Specification entries: of Type 1 (loader/entries/*.conf) and of Type 2, unified kernel images
// (EFI/Linux/*.efi), on the partitions that are mounted at /efi, /boot/efi and /boot.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luod::image {

struct BootEntry {
    std::string id; // file name, without boot counters: "debian-7.3.4.conf", "debian.efi"
    std::string title, version, sortKey, machineId, cmdline;
    std::filesystem::path kernel; // under root; a unified image brings initrd and command line along
    std::vector<std::filesystem::path> initrds;
    bool unified = false;
    std::optional<unsigned> triesLeft; // nothing: boots are not counted
    unsigned triesDone = 0;
};

// In a boot loader's order: the first is the newest. Entries of other systems are left out.
std::vector<BootEntry> bootEntries(const std::filesystem::path& root = "/");

// The one that `systemctl kexec` would take: what the boot loader was told for once, or for ever, or in loader.conf, or
// else the first. Nothing: there are no entries.
std::optional<BootEntry> defaultEntry(const std::vector<BootEntry>& entries, const std::filesystem::path& root = "/");

// By id, with or without its suffix.
std::optional<BootEntry> entryCalled(const std::vector<BootEntry>& entries, std::string_view id);

} // namespace luod::image
