// SPDX-License-Identifier: LGPL-2.1-or-later
// What the kernel is, how it was started, and whether it has the device.
#include "doctor.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "proto/image/running.hpp"
#include "proto/liveupdate-abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace luoctl {
namespace {

namespace fs = std::filesystem;
namespace image = luod::image;

bool ofInterest(std::string_view symbol) {
    constexpr std::array parts{"LIVEUPDATE", "KEXEC", "KHO", "VFIO", "IOMMUFD", "MEMFD", "HUGETLB", "CRASH_DUMP"};
    return std::ranges::any_of(parts, [&](const char* part) { return symbol.find(part) != symbol.npos; });
}

std::string configText(const image::Facts& facts) {
    if (!facts.config)
        throw Failure{1, fmt::format("neither /proc/config.gz nor the kernel's image has one{}{}",
                                     facts.trouble.empty() ? "" : ": ", facts.trouble)};
    std::string text = fmt::format("from {}\n", facts.configSource);
    for (const auto& [symbol, value] : *facts.config)
        if (ofInterest(symbol))
            text += fmt::format("{}={}\n", symbol, value);
    return text;
}

std::string versionsText(const image::Facts& facts) {
    image::Versions ours;
    for (const char* name : {"kho", "luo", "memfd", "vfio-pci", "iommufd"})
        ours.merge(image::named(facts.versions, name));
    if (ours.empty())
        throw Failure{1, facts.trouble.empty() ? "the running kernel shows none" : facts.trouble};
    return fmt::format("{}\n", fmt::join(ours, " "));
}

std::string groupName(gid_t gid) {
    std::array<char, 16384> buffer{};
    group entry{}, *found = nullptr;
    if (getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->gr_name;
    return std::to_string(gid);
}

// Looked at, never opened: the first open in a boot makes the kernel read what was handed over.
std::string deviceText(const fs::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) < 0)
        throw local(path.native(), errno);
    return fmt::format("{}: mode {:04o}, {} {}, device {}:{}\n", path.native(), status.st_mode & 07777,
                       userName(status.st_uid), groupName(status.st_gid), major(status.st_rdev), minor(status.st_rdev));
}

} // namespace

Part kernelPart(const fs::path& root) {
    image::Facts facts = image::runningFacts(root);
    return {"kernel",
            {fileItem("version", root / "proc/version"), fileItem("system", root / "etc/os-release"),
             fileItem("command-line", root / "proc/cmdline"), tried("config", [&] { return configText(facts); }),
             tried("handover-versions", [&] { return versionsText(facts); }),
             fileItem("loaded-for-kexec", root / "sys/kernel/kexec_loaded"), fileItem("memory", root / "proc/meminfo", 1 << 12)}};
}

Part devicePart(const fs::path& root) {
    return {"device", {tried("node", [&] { return deviceText(root / fs::path(LUO_DEVICE_PATH).relative_path()); })}};
}

} // namespace luoctl
