// SPDX-License-Identifier: LGPL-2.1-or-later

// vfio-owner NUMBER COMMAND...: becomes COMMAND, with /dev/vfio/devices/vfioNUMBER as descriptor 3, bound to the iommufd that is
// descriptor 4. For the simulated machine, where a VMM would do it.

#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

struct Bind { // vfio_device_bind_iommufd, which not every kernel's header has
    std::uint32_t size, flags;
    std::int32_t iommufd;
    std::uint32_t id;
};

bool putAt(int number, const std::string& path) {
    int fd = open(path.c_str(), O_RDWR);
    return fd == number || (fd >= 0 && dup2(fd, number) == number);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3)
        return 125;
    Bind bind{sizeof bind, 0, 4, 0};
    if (!putAt(3, std::string("/dev/vfio/devices/vfio") + argv[1]) || !putAt(4, "/dev/iommu") ||
        ioctl(3, _IO(VFIO_TYPE, VFIO_BASE + 18), &bind) < 0) {
        std::perror("vfio-owner");
        return 125;
    }
    execv(argv[2], argv + 2);
    std::perror(argv[2]);
    return 127;
}
