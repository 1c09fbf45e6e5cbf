// SPDX-License-Identifier: LGPL-2.1-or-later
#include "request.hpp"

#include <sys/syscall.h>

#include <cerrno>

namespace luosim {

Decoded decode(Machine& machine, const Call& call) {
    switch (call.number()) {
#ifdef __NR_open
    case __NR_open:
#endif
    case __NR_openat:
    case __NR_openat2:
        return decodeOpen(machine, call);
#ifdef __NR_stat
    case __NR_stat:
    case __NR_lstat:
#endif
#ifdef __NR_access
    case __NR_access:
#endif
    case __NR_newfstatat:
    case __NR_statx:
    case __NR_faccessat:
    case __NR_faccessat2:
        return decodeStat(machine, call);
#ifdef __NR_readlink
    case __NR_readlink:
#endif
    case __NR_readlinkat:
        return decodeReadlink(machine, call);
    case __NR_fstatfs:
        return decodeFstatfs(machine, call);
    case __NR_ftruncate:
    case __NR_fallocate:
        return decodeResize(machine, call);
    case __NR_ioctl:
        return decodeIoctl(machine, call);
    case __NR_kexec_file_load:
        return decodeKexecFileLoad(machine, call);
    case __NR_kexec_load:
        return decodeKexecLoad(machine, call);
    case __NR_reboot:
        return decodeReboot(machine, call);
    case __NR_socket:
        return decodeSocket(machine, call);
    case __NR_bind:
        return decodeBind(machine, call);
    default:
        return failed(passOn);
    }
}

Outcome giveHandle(Machine& machine, const Call& call, Handle handle, bool closeOnExec) {
    const auto end = machine.handles().create(std::move(handle));
    if (!end)
        return failed(end.error());
    const auto number = call.addFd(end->get(), closeOnExec);
    // Our read end goes with this scope: if it is the only one, the handle is noticed as closed.
    return number ? Outcome(*number) : failed(number.error());
}

Outcome giveFile(Machine& machine, const Call& call, const model::FileRef& file) {
    const auto give = [&](int fd) {
        const auto number = call.addFd(fd, true);
        return number ? Outcome(*number) : failed(number.error());
    };
    const auto share = [&](const auto& known) {
        const auto end = machine.handles().share(known);
        return end ? give(end->get()) : failed(end.error());
    };
    if (const auto memfd = std::dynamic_pointer_cast<HostMemfd>(file))
        return give(memfd->borrow().get());
    if (const auto vfio = std::dynamic_pointer_cast<model::VfioFile>(file))
        return share(vfio);
    if (const auto iommufd = std::dynamic_pointer_cast<model::IommufdFile>(file))
        return share(iommufd);
    return failed(EINVAL);
}

} // namespace luosim
