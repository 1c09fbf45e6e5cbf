// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/kexec.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace luod::kernel {

core::Errno<> loadImage(int kernel, int initrd, const std::string& cmdline) {
    unsigned long flags = initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0;
    // Its length counts the NUL.
    if (::syscall(SYS_kexec_file_load, kernel, initrd, cmdline.size() + 1, cmdline.c_str(), flags) != 0)
        return std::unexpected(errno);
    return {};
}

core::Errno<> unloadImage() {
    if (::syscall(SYS_kexec_file_load, -1, -1, 0UL, nullptr, static_cast<unsigned long>(KEXEC_FILE_UNLOAD)) != 0)
        return std::unexpected(errno);
    return {};
}

bool imageIsLoaded(const std::string& path) {
    char digit = '0';
    std::ifstream(path).get(digit);
    return digit == '1';
}

int replaceKernel() {
    ::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, nullptr);
    return errno;
}

std::uint64_t memoryNeeded(int kernel) {
    constexpr off_t magicAt = 0x202, initSizeAt = 0x260;
    char magic[4];
    std::uint32_t size = 0;
    if (::pread(kernel, magic, sizeof magic, magicAt) != sizeof magic || std::memcmp(magic, "HdrS", sizeof magic) != 0 ||
        ::pread(kernel, &size, sizeof size, initSizeAt) != sizeof size)
        return 0;
    return size;
}

} // namespace luod::kernel
