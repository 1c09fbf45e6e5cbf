// SPDX-License-Identifier: LGPL-2.1-or-later
#include "../paths.hpp"
#include "request.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

namespace luosim {
namespace {

struct OpenArguments {
    int directory = AT_FDCWD;
    Address path = 0;
    std::uint64_t flags = 0;
};

std::optional<OpenArguments> readArguments(const Call& call) {
#ifdef __NR_open
    if (call.number() == __NR_open)
        return OpenArguments{AT_FDCWD, call.argument(0), call.argument(1)};
#endif
    if (call.number() == __NR_openat)
        return OpenArguments{call.intArgument(0), call.argument(1), call.argument(2)};
    open_how how = {};
    if (call.memory().readObject(call.argument(2), how))
        return std::nullopt;
    return OpenArguments{call.intArgument(0), call.argument(1), how.flags};
}

/// What open() says about a character device before the driver is asked.
int refusal(std::uint64_t flags) {
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return EEXIST;
    return flags & O_DIRECTORY ? ENOTDIR : 0;
}

/// O_PATH does not ask the driver either. The kernel hands out no such descriptors for others, so a character device
/// must do that at least looks like one.
Outcome givePath(const Call& call, std::uint64_t flags) {
    const Fd path(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto number = call.addFd(path.get(), flags & O_CLOEXEC);
    return number ? Outcome(*number) : failed(number.error());
}

Outcome giveText(const Call& call, const std::string& text, std::uint64_t flags) {
    if ((flags & O_ACCMODE) != O_RDONLY)
        return failed(EACCES);
    const Fd file(memfd_create("text", MFD_CLOEXEC));
    if (!file || write(file.get(), text.data(), text.size()) < 0)
        return failed(EIO);
    const auto number = call.addFd(reopen(file.get(), O_RDONLY).get(), flags & O_CLOEXEC);
    return number ? Outcome(*number) : failed(number.error());
}

Decoded openDevice(Machine& machine, std::uint64_t flags) {
    auto perform = [&machine, closeOnExec = (flags & O_CLOEXEC) != 0](const Call& call) -> Outcome {
        if (const auto opened = machine.kernel().openDevice(); !opened)
            return failed(opened.error());
        return giveHandle(machine, call, DeviceHandle{}, closeOnExec);
    };
    return Request{model::Point::open, {}, {}, "open /dev/liveupdate", perform};
}

Outcome openVfio(Machine& machine, const Call& call, const std::string& name, std::uint64_t flags) {
    if (!machine.bus().present(name))
        return failed(ENOENT);
    auto file = machine.bus().open(name);
    if (!file)
        return failed(file.error());
    return giveHandle(machine, call, std::move(*file), flags & O_CLOEXEC);
}

/// Through /proc/self/fd a session cannot be opened again, and the device only when it is free.
Decoded reopenHandle(Machine& machine, const Place& place, std::uint64_t flags) {
    const Handle* handle = machine.handles().find(place.process, place.descriptor);
    if (!handle)
        return failed(passOn);
    if (std::holds_alternative<DeviceHandle>(*handle))
        return openDevice(machine, flags);
    return failed(ENXIO);
}

} // namespace

Decoded decodeOpen(Machine& machine, const Call& call) {
    const auto arguments = readArguments(call);
    const auto place = arguments ? findPlace(call.thread(), arguments->directory, arguments->path) : std::nullopt;
    if (!place)
        return failed(passOn);
    machine.noticeClosed();
    const auto flags = arguments->flags;
    const bool device = place->node == Node::liveupdate ||
                        (!machine.devices().empty() && (place->node == Node::vfio || place->node == Node::iommu));
    if (place->node == Node::liveupdate && !machine.kernel().deviceExists())
        return failed(ENOENT);
    if (device && refusal(flags))
        return failed(refusal(flags));
    if (device && (flags & O_PATH))
        return givePath(call, flags);
    switch (place->node) {
    case Node::liveupdate:
        return openDevice(machine, flags);
    case Node::commandLine:
        return giveText(call, machine.commandLine() + "\n", flags);
    case Node::bootId:
        return giveText(call, machine.bootId() + "\n", flags);
    case Node::kexecLoaded:
        return giveText(call, machine.image().how == model::KexecImage::none ? "0\n" : "1\n", flags);
    case Node::vfio:
        return device ? openVfio(machine, call, place->name, flags) : failed(passOn);
    case Node::iommu:
        return device ? giveHandle(machine, call, machine.bus().openIommufd(), flags & O_CLOEXEC) : failed(passOn);
    case Node::descriptor:
        return reopenHandle(machine, *place, flags);
    case Node::sysfs:
        break;
    }
    return failed(passOn);
}

} // namespace luosim
