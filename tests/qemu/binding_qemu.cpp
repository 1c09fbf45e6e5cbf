// SPDX-License-Identifier: LGPL-2.1-or-later

// binding_qemu ARGUMENT...: QEMU, with the device "nic" bound to the iommufd "iommu" first, as one does that knows
// "-device vfio-pci,fd=". Both are among its arguments: -add-fd fd=N,set=...,opaque=NAME.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <linux/vfio.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

int descriptor(char** arguments, const std::string& name) {
    for (char** at = arguments; *at; ++at) {
        const std::string word = *at;
        if (word.starts_with("fd=") && word.ends_with("opaque=" + name))
            return std::atoi(word.c_str() + 3);
    }
    return -1;
}

} // namespace

int main(int, char** arguments) {
    struct {
        std::uint32_t size = sizeof *this;
        std::uint32_t flags = 0;
        std::int32_t iommufd = -1;
        std::uint32_t id = 0;
    } bind;
    bind.iommufd = descriptor(arguments, "iommu");
    if (ioctl(descriptor(arguments, "nic"), _IO(VFIO_TYPE, VFIO_BASE + 18), &bind) < 0) {
        std::perror("binding the device");
        return 1;
    }
    execv(QEMU, arguments);
    return 127;
}
