// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Where a release's modules are, and what a module says of itself.

#include "proto/image/strings.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace luod::image {

// "kernel/drivers/vfio/pci/vfio-pci.ko.xz" -> "vfio_pci", as the kernel calls it; "" for what is no module.
std::string moduleName(std::string_view path);
// "-" and "_" are the same in the name of a module.
std::string normalised(std::string_view name);

class ModuleTree {
public:
    // Of that release under that root. The directories are looked through once, here.
    ModuleTree(const std::filesystem::path& root, const std::string& release);

    bool exists() const { return exists_; }
    const std::filesystem::path& path() const { return path_; }
    enum class Place { Missing, BuiltIn, File };
    Place find(std::string_view name) const;
    // The version strings in a module's file, unpacked where it is compressed. Nothing: there is no file, or it cannot
    // be read to its end.
    std::optional<Versions> versions(std::string_view name) const;

private:
    void readBuiltIn();
    void readFiles();

    std::filesystem::path path_;
    bool exists_ = false;
    std::set<std::string, std::less<>> builtIn_;
    std::map<std::string, std::filesystem::path, std::less<>> files_;
};

} // namespace luod::image
