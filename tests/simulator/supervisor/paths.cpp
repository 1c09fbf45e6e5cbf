// SPDX-License-Identifier: LGPL-2.1-or-later
#include "paths.hpp"

#include "fds.hpp"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace luosim {
namespace {

std::optional<int> wholeNumber(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

/// Could this be the last part of one of our paths?
bool worthALook(std::string_view last) {
    return last == "liveupdate" || last == "cmdline" || last == "boot_id" || last == "kexec_loaded" ||
           last == "loaded" || last == "iommu" || last.starts_with("vfio") || last.starts_with("4000:") ||
           last == "device" || last == "driver" || wholeNumber(last);
}

std::string linkTarget(const std::string& link) {
    char target[PATH_MAX];
    const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
    return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

std::string directoryOf(pid_t thread, int directory) {
    const std::string process = "/proc/" + std::to_string(thread);
    return linkTarget(directory == AT_FDCWD ? process + "/cwd" : fdPath(thread, directory));
}

/// "/proc/self/fd/7", "/proc/12/task/13/fd/7", "/dev/fd/7"
std::optional<Place> findDescriptor(pid_t thread, const std::string& path) {
    const auto slash = path.rfind('/');
    const auto number = wholeNumber(std::string_view(path).substr(slash + 1));
    if (!number)
        return std::nullopt;
    std::string directory = path.substr(0, slash);
    if (directory == "/dev/fd")
        directory = "/proc/self/fd";
    if (!directory.starts_with("/proc/") || !directory.ends_with("/fd"))
        return std::nullopt;
    const std::string owner = directory.substr(6, directory.size() - 6 - 3);
    pid_t process = thread;
    if (owner != "self" && owner != "thread-self") {
        const auto id = wholeNumber(std::string_view(owner).substr(owner.rfind('/') + 1));
        if (!id)
            return std::nullopt;
        process = *id;
    }
    return Place{Node::descriptor, {}, process, *number};
}

} // namespace

std::optional<Place> findPlace(pid_t thread, const std::string& path) {
    if (path == "/dev/liveupdate")
        return Place{Node::liveupdate, {}};
    if (path == "/proc/cmdline")
        return Place{Node::commandLine, {}};
    if (path == "/proc/sys/kernel/random/boot_id")
        return Place{Node::bootId, {}};
    if (path == "/sys/kernel/kexec_loaded" || path == "/sys/kernel/kexec/loaded")
        return Place{Node::kexecLoaded, {}};
    if (path == "/dev/iommu")
        return Place{Node::iommu, {}};
    if (path.starts_with("/dev/vfio/devices/vfio"))
        return Place{Node::vfio, path.substr(18)};
    if (path.starts_with("/sys/dev/char/4000:"))
        return Place{Node::sysfs, path.substr(14)};
    return findDescriptor(thread, path);
}

std::optional<Place> findPlace(pid_t thread, int directory, Address address) {
    auto path = Memory(thread).readString(address, PATH_MAX);
    if (!path || path->empty() || !worthALook(std::string_view(*path).substr(path->rfind('/') + 1)))
        return std::nullopt;
    if (path->front() != '/')
        *path = directoryOf(thread, directory) + "/" + *path;
    const auto clean = std::filesystem::path(*path).lexically_normal();
    if (auto place = findPlace(thread, clean.string()))
        return place;
    // A directory on the way may be a symbolic link; the parent is real even where our node is not.
    std::error_code error;
    const auto real = std::filesystem::canonical(clean.parent_path(), error);
    return error ? std::nullopt : findPlace(thread, (real / clean.filename()).string());
}

} // namespace luosim
