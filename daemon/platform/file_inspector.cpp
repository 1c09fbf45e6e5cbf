// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/file_inspector.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace luod::platform {

using core::Errno;
using core::FileKind;
using core::UniqueFd;

namespace {

using Finding = core::FileInspector::Finding;

std::string link(const std::string& path) {
    std::array<char, PATH_MAX> target;
    ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    return std::string(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
}

std::string_view lastPart(std::string_view path) {
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

std::string_view parent(std::string_view path) {
    auto slash = path.rfind('/');
    return slash == path.npos ? "" : path.substr(0, slash);
}

bool digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

// DDDD:BB:DD.F; what vfio drives on other buses (mdev, platform) has other names.
bool pciAddress(std::string_view text) {
    auto dot = text.rfind('.');
    return dot != text.npos && std::count(text.begin(), text.end(), ':') == 2 && text.size() - dot == 2 &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isxdigit(c) || c == ':' || c == '.'; });
}

// Files that have no place in any directory; their links in /proc do not begin with a slash, so no path can pose as
// one.
FileKind kindOfLink(std::string_view link) {
    static constexpr std::pair<std::string_view, FileKind> kinds[] = {
        {"anon_inode:[eventfd]", FileKind::Eventfd},
        {"anon_inode:[eventpoll]", FileKind::Eventpoll},
        {"anon_inode:[timerfd]", FileKind::Timerfd},
        {"anon_inode:[signalfd]", FileKind::Signalfd},
        {"anon_inode:[luo_session]", FileKind::LuoSession},
        {"anon_inode:[iommufd]", FileKind::Iommufd},
        {"anon_inode:[vfio-device]", FileKind::VfioGroup}, // only groups give devices in this way
        {"anon_inode:kvm-", FileKind::Kvm},
        {"anon_inode:[kvm-", FileKind::Kvm},
        {"anon_inode:", FileKind::Other},
        {"pipe:[", FileKind::Pipe},
        {"socket:[", FileKind::Socket},
    };
    for (auto [prefix, kind] : kinds)
        if (link.starts_with(prefix))
            return kind;
    return FileKind::Unknown;
}

// Files of shmem and hugetlbfs, whose every answer is in memory: here fstat and fstatfs may be asked.
Errno<Finding> inspectInMemory(int fd, Finding finding) {
    struct stat is {};
    struct statfs system {};
    if (::fstat(fd, &is) < 0 || ::fstatfs(fd, &system) < 0)
        return std::unexpected(errno);
    bool memfd = std::string_view(finding.path).starts_with("/memfd:"), huge = system.f_type == HUGETLBFS_MAGIC;
    finding.size = static_cast<std::uint64_t>(is.st_size);
    finding.identity = {is.st_dev, is.st_ino};
    if (is.st_nlink > 0)
        finding.kind = FileKind::Regular;
    else if (huge)
        finding.kind = memfd ? FileKind::HugetlbMemfd : FileKind::Other;
    else
        finding.kind = memfd ? FileKind::Memfd : FileKind::Tmpfile;
    return finding;
}

FileKind kindOfMode(unsigned mode) {
    switch (mode & S_IFMT) {
    case S_IFREG:
        return FileKind::Regular;
    case S_IFDIR:
        return FileKind::Directory;
    case S_IFCHR:
        return FileKind::CharDevice;
    case S_IFBLK:
        return FileKind::BlockDevice;
    case S_IFIFO:
        return FileKind::Pipe;
    case S_IFSOCK:
        return FileKind::Socket;
    default:
        return FileKind::Other;
    }
}

} // namespace

// The calls, and why the file's own server is not asked in any of them:
//   fcntl F_GETFL, F_GET_SEALS  look at struct file, and at the inode of shmem and hugetlbfs only
//   readlink /proc/self/fd/N    d_path: names as they lie in the dentry cache
//   statx, DONT_SYNC, TYPE|INO  FUSE, NFS and SMB answer from the inode they have (for FUSE: fuse_update_get_attr sends
//                               nothing; for a stranger's mount it says EACCES). Sizes and times are not asked for,
//                               which SMB and NFS would flush pages for; plain fstat would wait for the server
//   sysfs                       the kernel's own
// close() is not so harmless: FUSE sends a FLUSH for regular files and waits.
Errno<Finding> FileInspector::inspect(int fd) {
    int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0)
        return std::unexpected(errno);
    Finding finding;
    finding.path = link(fmt::format("/proc/self/fd/{}", fd));
    if (flags & O_PATH) {
        finding.kind = FileKind::Path;
        return finding;
    }
    finding.readable = (flags & O_ACCMODE) == O_RDONLY || (flags & O_ACCMODE) == O_RDWR;
    finding.writable = (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR;

    if (int seals = ::fcntl(fd, F_GET_SEALS); seals >= 0) {
        finding.seals = static_cast<std::uint32_t>(seals);
        return inspectInMemory(fd, std::move(finding));
    }
    if (finding.kind = kindOfLink(finding.path); finding.kind != FileKind::Unknown)
        return finding;

    struct statx is {};
    if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &is) < 0)
        return finding;
    finding.kind = kindOfMode(is.stx_mode);
    if (finding.kind == FileKind::CharDevice)
        lookUpDevice(finding, is.stx_rdev_major, is.stx_rdev_minor);
    if (finding.kind == FileKind::VfioCdev)
        finding.identity = {makedev(is.stx_dev_major, is.stx_dev_minor), is.stx_ino};
    return finding;
}

// By number and not by path: a device node may lie anywhere and be called anything.
void FileInspector::lookUpDevice(Finding& finding, unsigned major, unsigned minor) const {
    std::string entry = fmt::format("{}/dev/char/{}:{}", sysfs_, major, minor);
    std::string target = link(entry); // ../../devices/.../CLASS/NAME
    auto name = lastPart(target), type = lastPart(parent(target));
    if (type == "misc" && name == "iommu")
        finding.kind = FileKind::Iommufd;
    else if (type == "misc" && name == "kvm")
        finding.kind = FileKind::Kvm;
    else if (type == "vfio" && (digits(name) || name.starts_with("noiommu-")))
        finding.kind = FileKind::VfioGroup;
    else if (type == "vfio-dev") {
        finding.kind = FileKind::VfioCdev;
        auto device = link(entry + "/device");
        if (pciAddress(lastPart(device)))
            finding.pciAddress = lastPart(device);
        auto driver = link(entry + "/device/driver");
        finding.driver = lastPart(driver);
        finding.device = {fmt::format("{}:{}", major, minor), target};
    }
}

Errno<Finding> FileInspector::findVfio(const std::string& address) {
    if (!pciAddress(address))
        return std::unexpected(EINVAL);
    std::error_code error;
    for (const auto& each : std::filesystem::directory_iterator(fmt::format("{}/bus/pci/devices/{}/vfio-dev", sysfs_, address), error)) {
        unsigned major = 0, minor = 0;
        char colon = 0;
        Finding finding;
        if (std::ifstream(each.path() / "dev") >> major >> colon >> minor)
            lookUpDevice(finding, major, minor);
        if (finding.kind == FileKind::VfioCdev)
            return finding;
    }
    return std::unexpected(ENODEV);
}

// Where sysfs itself cannot be looked at, nothing is known to be gone.
bool FileInspector::isThere(const core::Device& device) {
    std::string numbers = sysfs_ + "/dev/char", found = link(numbers + "/" + device.number);
    return found == device.path || (found.empty() && ::access(numbers.c_str(), X_OK) != 0);
}

UniqueFd FileInspector::duplicate(int fd) {
    return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

} // namespace luod::platform
