// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

namespace luod::client {
namespace {

std::string readLink(const std::string& path) {
    std::array<char, 512> target;
    ssize_t n = readlink(path.c_str(), target.data(), target.size());
    return {target.data(), n < 0 ? 0 : size_t(n)};
}

// The kernel handles shmem and hugetlb files that have no name; every other regular file is just a regular one.
std::string regularKind(int fd, const struct stat& status) {
    struct statfs system {};
    if (status.st_nlink != 0 || fstatfs(fd, &system) < 0)
        return "regular";
    if (system.f_type == TMPFS_MAGIC)
        return "memfd";
    return system.f_type == HUGETLBFS_MAGIC ? "hugetlb-memfd" : "regular";
}

std::string deviceKind(const struct stat& status) {
    std::string entry =
        "/sys/dev/char/" + std::to_string(major(status.st_rdev)) + ":" + std::to_string(minor(status.st_rdev));
    std::string subsystem = readLink(entry + "/subsystem");
    if (subsystem.ends_with("/vfio-dev"))
        return "vfio-cdev";
    if (subsystem.ends_with("/vfio"))
        return "vfio-group";
    return readLink(entry).ends_with("/misc/iommu") ? "iommufd" : "char-device";
}

// "anon_inode:[eventfd]" -> "eventfd"
std::string anonymousKind(int fd) {
    std::string target = readLink("/proc/self/fd/" + std::to_string(fd));
    std::string_view name = target, prefix = "anon_inode:";
    if (!name.starts_with(prefix))
        return "other";
    name.remove_prefix(prefix.size());
    for (std::string_view known : {"eventfd", "eventpoll", "timerfd", "signalfd"})
        if (name.starts_with('[') && name.substr(1).starts_with(known))
            return std::string(known);
    if (name.starts_with("[luo_session]"))
        return "luo-session";
    return name.starts_with("kvm-") ? "kvm" : "other";
}

} // namespace

int kindOf(int fd, Kind& into) {
    struct stat status {};
    if (fstat(fd, &status) < 0)
        return -errno;
    into.size = S_ISREG(status.st_mode) ? uint64_t(status.st_size) : 0;
    switch (status.st_mode & S_IFMT) {
    case S_IFREG:
        into.name = regularKind(fd, status);
        break;
    case S_IFCHR:
        into.name = deviceKind(status);
        break;
    case S_IFBLK:
        into.name = "block-device";
        break;
    case S_IFDIR:
        into.name = "directory";
        break;
    case S_IFIFO:
        into.name = "pipe";
        break;
    case S_IFSOCK:
        into.name = "socket";
        break;
    default:
        into.name = anonymousKind(fd);
    }
    return 0;
}

bool comesBackUnwritable(int fd) {
    constexpr int sealExec = 0x20, sealWrite = 0x08; // headers before Linux 6.3 know only one of them
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & sealExec) && !(seals & sealWrite);
}

} // namespace luod::client
