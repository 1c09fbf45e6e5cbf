// SPDX-License-Identifier: LGPL-2.1-or-later
// VFIO devices and iommufds on their way through a kexec. Run with --devices 2 --profile future or any other.

#include "scenario.hpp"

#include <linux/vfio.h>

using namespace scenario;

namespace {

int openVfio(int number) {
    const std::string path = "/dev/vfio/devices/vfio" + std::to_string(number);
    return static_cast<int>(raw::result(::open(path.c_str(), O_RDWR | O_CLOEXEC)));
}

int openIommu() {
    return static_cast<int>(raw::result(::open("/dev/iommu", O_RDWR | O_CLOEXEC)));
}

int bind(int device, int iommufd) {
    struct {
        std::uint32_t size;
        std::uint32_t flags;
        std::int32_t iommufd;
        std::uint32_t id;
    } arguments = {sizeof arguments, 0, iommufd, 0};
    return raw::control(device, _IO(VFIO_TYPE, VFIO_BASE + 18), &arguments);
}

int interrupts(int device, bool on) {
    vfio_irq_set arguments = {sizeof arguments, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0,
                              on ? 1u : 0u};
    return raw::control(device, VFIO_DEVICE_SET_IRQS, &arguments);
}

constexpr std::uint64_t iommuToken = 1;
constexpr std::uint64_t vfioToken = 2;

} // namespace

SCENARIO(aDeviceIsCarriedOver) {
    const int luo = raw::openDevice();
    if (boot() == 1) {
        const int session = raw::create(luo, "vm");
        const int device = openVfio(0);
        const int iommu = openIommu();
        HOLDS(device >= 0 && iommu >= 0);
        SAME(openVfio(0), -EBUSY);
        SAME(openVfio(9), -ENOENT);
        SAME(raw::preserve(session, device, vfioToken), -EINVAL);
        SAME(bind(device, iommu), 0);
        SAME(raw::preserve(session, device, vfioToken), -ENOENT);
        SAME(raw::preserve(session, iommu, iommuToken), 0);
        SAME(raw::preserve(session, device, vfioToken), 0);
        SAME(interrupts(device, true), 0);
        const int image = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        SAME(raw::kexecFileLoad(image, -1, "liveupdate=on", 14, raw::fileNoInitramfs), 0);
        SAME(raw::reboot(LINUX_REBOOT_CMD_KEXEC), -EBUSY);
        SAME(interrupts(device, false), 0);
        raw::reboot(LINUX_REBOOT_CMD_KEXEC);
    }
    SAME(boot(), 2);
    SAME(openVfio(0), -EBUSY);
    const int session = raw::retrieve(luo, "vm");
    const int device = raw::retrieveFile(session, vfioToken);
    HOLDS(device >= 0);
    const int again = raw::retrieveFile(session, vfioToken);
    SAME(raw::finish(session), -EBUSY);
    SAME(bind(again, raw::retrieveFile(session, iommuToken)), 0);
    SAME(raw::finish(session), 0);
    SAME(openVfio(0), -EBUSY);
    ::close(device);
    SAME(openVfio(0), -EBUSY);
    ::close(again);
    HOLDS(openVfio(0) >= 0);
}

SCENARIO(anUnpluggedDeviceStopsTheUpdate) {
    const int luo = raw::openDevice();
    if (boot() == 2)
        return;
    const int session = raw::create(luo, "vm");
    const int device = openVfio(1);
    const int iommu = openIommu();
    SAME(bind(device, iommu), 0);
    SAME(raw::preserve(session, iommu, iommuToken), 0);
    SAME(raw::preserve(session, device, vfioToken), 0);
    ::close(device); // the session holds it still
    SAME(ctl("unplug vfio1"), std::string("1\n"));
    SAME(openVfio(1), -ENOENT);
    const int image = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    SAME(raw::kexecFileLoad(image, -1, "liveupdate=on", 14, raw::fileNoInitramfs), 0);
    SAME(raw::reboot(LINUX_REBOOT_CMD_KEXEC), -ENODEV);
    ::close(session);
    SAME(raw::reboot(LINUX_REBOOT_CMD_KEXEC), 0);
}

SCENARIO(aDeviceForgottenIsFreeAfterAColdBoot) {
    if (boot() == 1) {
        const int session = raw::create(raw::openDevice(), "vm");
        const int device = openVfio(0);
        const int iommu = openIommu();
        SAME(bind(device, iommu), 0);
        SAME(raw::preserve(session, iommu, iommuToken), 0);
        SAME(raw::preserve(session, device, vfioToken), 0);
        raw::reboot(LINUX_REBOOT_CMD_RESTART);
    }
    HOLDS(openVfio(0) >= 0);
}

SCENARIO(otherVfioCallsAreRefused) {
    const int device = openVfio(0);
    vfio_device_info info = {};
    info.argsz = sizeof info;
    SAME(raw::control(device, VFIO_DEVICE_GET_INFO, &info), -ENOTTY);
    SAME(raw::control(openIommu(), _IO(VFIO_TYPE, 0x80), nullptr), -ENOTTY);
    SAME(bind(device, raw::memfd("x")), -EBADF);
    SAME(raw::control(device, _IO(VFIO_TYPE, VFIO_BASE + 18), nullptr), -EFAULT);
    struct stat status;
    SAME(::stat("/dev/vfio/devices/vfio0", &status), 0);
    SAME(::access("/dev/iommu", R_OK | W_OK), 0);
    SAME(::access("/dev/vfio/devices/vfio7", F_OK), -1);
}
