// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/modules.hpp"

#include "proto/image/decompress.hpp"
#include "proto/image/read_file.hpp"

#include <algorithm>
#include <array>

namespace luod::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largestModule = std::size_t(64) << 20, largestList = std::size_t(4) << 20;

fs::path treeOf(const fs::path& root, const std::string& release) {
    if (release.empty() || release.find('/') != release.npos || release == "..")
        return {};
    for (const char* directory : {"usr/lib/modules", "lib/modules"})
        if (std::error_code error; fs::is_directory(root / directory / release, error))
            return root / directory / release;
    return root / "usr/lib/modules" / release;
}

} // namespace

std::string normalised(std::string_view name) {
    std::string out(name);
    std::ranges::replace(out, '-', '_');
    return out;
}

std::string moduleName(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1); // npos + 1 is 0
    for (std::string_view end : {".ko", ".ko.xz", ".ko.zst", ".ko.gz"})
        if (name.size() > end.size() && name.ends_with(end))
            return normalised(name.substr(0, name.size() - end.size()));
    return "";
}

ModuleTree::ModuleTree(const fs::path& root, const std::string& release) : path_(treeOf(root, release)) {
    std::error_code error;
    exists_ = !path_.empty() && fs::is_directory(path_, error);
    if (exists_) {
        readBuiltIn();
        readFiles();
    }
}

void ModuleTree::readBuiltIn() {
    auto list = readFile(path_ / "modules.builtin", largestList);
    if (!list)
        return;
    for (std::string_view rest = text(*list); !rest.empty();) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (std::string name = moduleName(line); !name.empty())
            builtIn_.insert(std::move(name));
    }
}

void ModuleTree::readFiles() {
    std::error_code error;
    fs::recursive_directory_iterator at(path_, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && at != end; at.increment(error))
        if (std::string name = moduleName(at->path().native()); !name.empty())
            files_.emplace(std::move(name), at->path());
}

ModuleTree::Place ModuleTree::find(std::string_view name) const {
    std::string wanted = normalised(name);
    if (builtIn_.contains(wanted))
        return Place::BuiltIn;
    return files_.contains(wanted) ? Place::File : Place::Missing;
}

std::optional<Versions> ModuleTree::versions(std::string_view name) const {
    auto found = files_.find(normalised(name));
    if (found == files_.end())
        return std::nullopt;
    auto file = readFile(found->second, largestModule);
    if (!file)
        return std::nullopt;
    if (compressionOf(*file).empty())
        return versionStrings(*file);
    Unpacked unpacked = decompress(*file, 0, largestModule);
    return unpacked.error.empty() ? std::optional(versionStrings(unpacked.bytes)) : std::nullopt;
}

} // namespace luod::image
