// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../paths.hpp"
#include "../sysfs.hpp"
#include "request.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>

// What descriptors say about themselves: their link in /proc, their file system, whether they can be resized.

namespace luosim {
namespace {

std::string linkOf(const Handle& handle) {
    if (const auto* session = std::get_if<SessionHandle>(&handle))
        return "anon_inode:[luo_session] " + session->name;
    if (const auto* file = std::get_if<VfioHandle>(&handle))
        return "/dev/vfio/devices/" + (*file)->device();
    return std::holds_alternative<DeviceHandle>(handle) ? "/dev/liveupdate" : "/dev/iommu";
}

std::expected<std::string, int> linkAt(Machine& machine, const Place& place) {
    if (place.node == Node::sysfs && !machine.devices().empty()) {
        const auto link = sysfsLink(machine, place.name);
        return link ? std::expected<std::string, int>(*link) : std::unexpected(ENOENT);
    }
    const Handle* handle =
        place.node == Node::descriptor ? machine.handles().find(place.process, place.descriptor) : nullptr;
    return handle ? std::expected<std::string, int>(linkOf(*handle)) : std::unexpected(passOn);
}

} // namespace

Decoded decodeReadlink(Machine& machine, const Call& call) {
#ifdef __NR_readlink
    const unsigned first = call.number() == __NR_readlink ? 0 : 1;
#else
    const unsigned first = 1;
#endif
    const int directory = first == 0 ? AT_FDCWD : call.intArgument(0);
    const auto place = findPlace(call.thread(), directory, call.argument(first));
    if (!place)
        return failed(passOn);
    const auto target = linkAt(machine, *place);
    if (!target)
        return failed(target.error());
    const int room = call.intArgument(first + 2);
    if (room <= 0)
        return failed(EINVAL);
    std::string link = *target;
    link.resize(std::min(link.size(), static_cast<std::size_t>(room)));
    if (const int error = call.memory().write(call.argument(first + 1), std::as_bytes(std::span(link))))
        return failed(error);
    return Outcome(static_cast<std::int64_t>(link.size()));
}

Decoded decodeFstatfs(Machine& machine, const Call& call) {
    const Handle* handle = machine.handles().find(call.thread(), call.intArgument(0));
    if (!handle)
        return failed(passOn);
    struct statfs filesystem = {};
    // A session is known by this number; a device node lies on devtmpfs.
    filesystem.f_type = std::holds_alternative<SessionHandle>(*handle) ? ANON_INODE_FS_MAGIC : TMPFS_MAGIC;
    filesystem.f_bsize = 4096;
    filesystem.f_namelen = 255;
    const int error = call.memory().writeObject(call.argument(1), filesystem);
    return error ? failed(error) : Outcome(0);
}

/// A preserved memfd keeps its size: ftruncate() may only confirm it, fallocate() may nothing.
Decoded decodeResize(Machine& machine, const Call& call) {
    struct stat status;
    if (call.intArgument(0) < 0 || stat(fdPath(call.thread(), call.intArgument(0)).c_str(), &status) != 0 ||
        !machine.sizeIsFixed(fileId(status)))
        return failed(passOn);
    machine.noticeClosed(); // perhaps the session that fixed it is gone
    if (!machine.sizeIsFixed(fileId(status)))
        return failed(passOn);
    if (call.number() == __NR_ftruncate && static_cast<off_t>(call.argument(1)) == status.st_size)
        return failed(passOn);
    return failed(EPERM);
}

} // namespace luosim
