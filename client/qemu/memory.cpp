// SPDX-License-Identifier: LGPL-2.1-or-later
#include "memory.hpp"

#include <bit>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

// Older headers than the kernel.
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace luod::qemu {

namespace {

constexpr unsigned hugeShift = 26; // MFD_HUGE_SHIFT

unsigned flagsFor(const Backend& backend) {
    return backend.hugePage ? MFD_HUGETLB | unsigned(std::countr_zero(backend.hugePage)) << hugeShift : 0;
}

} // namespace

// Not MFD_NOEXEC_SEAL, which would come back sealed against writing. Kernels before 6.3 know neither flag.
Result<Fd> emptyFile(const std::string& name, unsigned flags) {
    int fd = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_EXEC | flags);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name.c_str(), MFD_CLOEXEC | flags);
    if (fd < 0)
        return systemFailure("no memory file " + name);
    return Fd(fd);
}

Result<Fd> memoryFor(const Backend& backend) {
    auto fd = emptyFile(backend.id, flagsFor(backend));
    if (fd && ftruncate(fd->get(), off_t(backend.size)) < 0)
        return systemFailure("a memory file of " + std::to_string(backend.size) + " bytes for " + backend.id);
    return fd;
}

} // namespace luod::qemu
