// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../paths.hpp"
#include "../sysfs.hpp"
#include "request.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

// Existence checks: whoever looks before opening must see what open() would find.

namespace luosim {
namespace {

// The misc major; the minor is handed out dynamically on a real machine.
constexpr unsigned deviceMajor = 10;
constexpr unsigned deviceMinor = 124;

struct PathArguments {
    int directory;
    Address path;
};

PathArguments pathArguments(const Call& call) {
    switch (call.number()) {
#ifdef __NR_stat
    case __NR_stat:
    case __NR_lstat:
        return {AT_FDCWD, call.argument(0)};
#endif
#ifdef __NR_access
    case __NR_access:
        return {AT_FDCWD, call.argument(0)};
#endif
    default:
        return {call.intArgument(0), call.argument(1)};
    }
}

mode_t modeOf(const Place& place) {
    return place.node == Node::kexecLoaded ? static_cast<mode_t>(S_IFREG | 0444) : static_cast<mode_t>(S_IFCHR | 0600);
}

Outcome answerStat(const Call& call, const Place& place, Address buffer) {
    struct stat status = {};
    status.st_mode = modeOf(place);
    status.st_nlink = 1;
    status.st_uid = geteuid();
    status.st_gid = getegid();
    status.st_blksize = 4096;
    if (S_ISCHR(status.st_mode))
        status.st_rdev = makedev(deviceMajor, deviceMinor);
    const int error = call.memory().writeObject(buffer, status);
    return error ? failed(error) : Outcome(0);
}

Outcome answerStatx(const Call& call, const Place& place, Address buffer) {
    struct statx status = {};
    status.stx_mask = STATX_BASIC_STATS;
    status.stx_mode = static_cast<std::uint16_t>(modeOf(place));
    status.stx_nlink = 1;
    status.stx_uid = geteuid();
    status.stx_gid = getegid();
    status.stx_blksize = 4096;
    if (S_ISCHR(status.stx_mode)) {
        status.stx_rdev_major = deviceMajor;
        status.stx_rdev_minor = deviceMinor;
    }
    const int error = call.memory().writeObject(buffer, status);
    return error ? failed(error) : Outcome(0);
}

Outcome answerAccess(const Place& place, int mode) {
    if (mode & ~(R_OK | W_OK | X_OK))
        return failed(EINVAL);
    const bool writable = place.node != Node::kexecLoaded;
    return (mode & X_OK) || ((mode & W_OK) && !writable) ? failed(EACCES) : Outcome(0);
}

/// Is the place there, and only because of the simulator? 0, ENOENT or passOn.
int presence(Machine& machine, const Place& place) {
    switch (place.node) {
    case Node::liveupdate:
        return machine.kernel().deviceExists() ? 0 : ENOENT;
    case Node::vfio:
        if (machine.devices().empty())
            return passOn;
        return machine.bus().present(place.name) ? 0 : ENOENT;
    case Node::iommu:
        return machine.devices().empty() ? passOn : 0;
    case Node::kexecLoaded:
        return 0;
    default: // the machine has these files as well
        return passOn;
    }
}

/// statx of a descriptor: a device that has a number.
Outcome answerDescriptor(Machine& machine, const Call& call) {
    const Handle* handle = machine.handles().find(call.thread(), call.intArgument(0));
    const auto minor = handle ? minorOf(*handle) : std::nullopt;
    if (!minor)
        return failed(passOn);
    struct statx status = {};
    status.stx_mask = STATX_BASIC_STATS;
    status.stx_mode = static_cast<std::uint16_t>(S_IFCHR | 0600);
    status.stx_nlink = 1;
    status.stx_ino = 1000 + *minor;
    status.stx_dev_minor = 5; // devtmpfs
    status.stx_rdev_major = madeUpMajor;
    status.stx_rdev_minor = *minor;
    const int error = call.memory().writeObject(call.argument(4), status);
    return error ? failed(error) : Outcome(0);
}

} // namespace

Decoded decodeStat(Machine& machine, const Call& call) {
    if (call.number() == __NR_statx && (call.intArgument(2) & AT_EMPTY_PATH))
        return answerDescriptor(machine, call);
    const auto [directory, path] = pathArguments(call);
    const auto place = findPlace(call.thread(), directory, path);
    if (!place)
        return failed(passOn);
    if (const int absent = presence(machine, *place))
        return failed(absent);
    switch (call.number()) {
#ifdef __NR_stat
    case __NR_stat:
    case __NR_lstat:
        return answerStat(call, *place, call.argument(1));
#endif
#ifdef __NR_access
    case __NR_access:
        return answerAccess(*place, call.intArgument(1));
#endif
    case __NR_newfstatat:
        return answerStat(call, *place, call.argument(2));
    case __NR_statx:
        return answerStatx(call, *place, call.argument(4));
    default:
        return answerAccess(*place, call.intArgument(2));
    }
}

} // namespace luosim
