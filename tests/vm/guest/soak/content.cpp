// SPDX-License-Identifier: LGPL-2.1-or-later
#include "content.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>

namespace soak {
namespace {

std::uint64_t wordOf(const File& file, std::size_t i) { return (i + file.content) * 0x9e3779b97f4a7c15; }

class Map {
public:
    Map(int fd, const File& file, int protection) : bytes_(file.bytes) {
        void* at = bytes_ ? mmap(nullptr, bytes_, protection, MAP_SHARED, fd, 0) : nullptr;
        if (at == MAP_FAILED)
            lost(std::string("a file cannot be mapped: ") + std::strerror(errno));
        words = static_cast<std::uint64_t*>(at);
    }
    ~Map() {
        if (words)
            munmap(words, bytes_);
    }
    Map(const Map&) = delete;
    Map& operator=(const Map&) = delete;

    std::uint64_t* words = nullptr;

private:
    std::size_t bytes_;
};

} // namespace

Fd make(const File& file) {
    Fd fd(memfd_create("soak", MFD_CLOEXEC));
    if (fd.get() < 0 || ftruncate(fd.get(), off_t(file.bytes)) < 0)
        lost(std::string("no memfd: ") + std::strerror(errno));
    Map map(fd.get(), file, PROT_READ | PROT_WRITE);
    std::size_t whole = file.bytes / 8;
    for (std::size_t i = 0; i < whole; ++i)
        map.words[i] = wordOf(file, i);
    std::uint64_t rest = wordOf(file, whole);
    if (file.bytes % 8)
        std::memcpy(map.words + whole, &rest, file.bytes % 8);
    return fd;
}

void compare(int fd, const File& file, const std::string& what) {
    struct stat is {};
    if (fstat(fd, &is) < 0 || std::size_t(is.st_size) != file.bytes)
        lost(what + " came back with " + std::to_string(is.st_size) + " bytes instead of " + std::to_string(file.bytes));
    Map map(fd, file, PROT_READ);
    std::size_t whole = file.bytes / 8;
    for (std::size_t i = 0; i < whole; ++i)
        if (map.words[i] != wordOf(file, i))
            lost(what + " differs at byte " + std::to_string(i * 8));
    std::uint64_t rest = wordOf(file, whole);
    if (file.bytes % 8 && std::memcmp(map.words + whole, &rest, file.bytes % 8) != 0)
        lost(what + " differs in its last bytes");
}

} // namespace soak
