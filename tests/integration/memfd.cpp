// SPDX-License-Identifier: LGPL-2.1-or-later
#include "memfd.hpp"

#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace luod::tests {

core::UniqueFd memfdWith(const std::string& content, unsigned flags) {
    core::UniqueFd fd(memfd_create("test", MFD_CLOEXEC | flags));
    if (pwrite(fd.get(), content.data(), content.size(), 0) != ssize_t(content.size()))
        throw std::runtime_error("memfd");
    return fd;
}

std::string contentOf(int fd) {
    struct stat is {};
    if (fstat(fd, &is) < 0)
        throw std::runtime_error("fstat");
    std::string content(std::size_t(is.st_size), '\0');
    if (pread(fd, content.data(), content.size(), 0) != is.st_size)
        throw std::runtime_error("pread");
    return content;
}

} // namespace luod::tests
