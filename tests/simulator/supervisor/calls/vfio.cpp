// SPDX-License-Identifier: LGPL-2.1-or-later
#include "request.hpp"

#include <linux/vfio.h>

#include <cerrno>

// Of VFIO there is what a handover needs: bind to an iommufd, interrupts on and off. Everything else is ENOTTY.

namespace luosim {
namespace {

// Not in every kernel header that this is built with.
constexpr std::uint32_t bindIommufd = _IO(VFIO_TYPE, VFIO_BASE + 18);

struct Bind {
    std::uint32_t size;
    std::uint32_t flags;
    std::int32_t iommufd;
    std::uint32_t deviceId;
};

Outcome bind(Machine& machine, const Call& call, const VfioHandle& device) {
    Bind arguments = {};
    if (const int error = call.memory().readObject(call.argument(2), arguments))
        return failed(error);
    if (arguments.size < sizeof arguments || arguments.flags != 0)
        return failed(EINVAL);
    const Handle* target = machine.handles().find(call.thread(), arguments.iommufd);
    const auto* iommufd = target ? std::get_if<IommufdHandle>(target) : nullptr;
    if (!iommufd)
        return failed(EBADF);
    if (device->boundTo())
        return failed(EINVAL);
    arguments.deviceId = 1;
    if (const int error = call.memory().writeObject(call.argument(2), arguments))
        return failed(error);
    device->bind(*iommufd);
    return 0;
}

Outcome setInterrupts(const Call& call, const VfioHandle& device) {
    vfio_irq_set arguments = {};
    if (const int error = call.memory().readObject(call.argument(2), arguments))
        return failed(error);
    if (arguments.argsz < sizeof arguments || !(arguments.flags & VFIO_IRQ_SET_ACTION_TRIGGER))
        return failed(EINVAL);
    // As with real ones: a count of none with no data switches the index off.
    device->setInterrupts(arguments.count != 0);
    return 0;
}

} // namespace

Decoded decodeVfioIoctl(Machine& machine, const Call& call, const Handle& handle) {
    const auto* device = std::get_if<VfioHandle>(&handle);
    if (!device)
        return failed(ENOTTY);
    if (!machine.bus().present((*device)->device()))
        return failed(ENODEV);
    switch (static_cast<std::uint32_t>(call.argument(1))) {
    case bindIommufd:
        return bind(machine, call, *device);
    case VFIO_DEVICE_SET_IRQS:
        return setInterrupts(call, *device);
    default:
        return failed(ENOTTY);
    }
}

} // namespace luosim
