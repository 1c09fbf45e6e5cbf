// SPDX-License-Identifier: LGPL-2.1-or-later
// How luod is configured, and what it keeps on disk.
#include "doctor.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "proto/config_files.hpp"

#include <cerrno>
#include <fmt/core.h>
#include <sys/stat.h>

namespace luoctl {
namespace {

namespace fs = std::filesystem;

std::string entryLine(const fs::path& path) {
    struct stat status {};
    if (lstat(path.c_str(), &status) < 0)
        return fmt::format("{}: {}\n", path.filename().native(), strerrordesc_np(errno));
    return fmt::format("{}  {} bytes  {}  {}\n", path.filename().native(), status.st_size, userName(status.st_uid),
                       timestamp(uint64_t(status.st_mtim.tv_sec) * 1'000'000));
}

std::string listing(const fs::path& directory) {
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    if (error)
        throw local(directory.native(), error.value());
    std::string text = fmt::format("{}:\n", directory.native());
    for (; !error && entries != fs::directory_iterator(); entries.increment(error))
        text += entryLine(entries->path());
    return text;
}

} // namespace

Part configurationPart(const fs::path& root) {
    Part part{"configuration", {}};
    for (const fs::path& file : luod::proto::configFiles(root))
        part.items.push_back(fileItem(file.native(), file));
    if (part.items.empty())
        part.items.push_back(absent("files", "there are none: everything is at its default"));
    return part;
}

// Names, sizes and times: command lines and clients' names are in the files themselves.
Part statePart(const fs::path& root) {
    return {"state",
            {tried("on-disk", [&] { return listing(root / "var/lib/luod"); }),
             tried("of-this-boot", [&] { return listing(root / "run/luod"); })}};
}

} // namespace luoctl
