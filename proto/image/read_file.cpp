// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/read_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace luod::image {
namespace {

class OwnedFd {
public:
    explicit OwnedFd(int fd) : fd_(fd) {}
    ~OwnedFd() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    OwnedFd(const OwnedFd&) = delete;
    OwnedFd& operator=(const OwnedFd&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

std::unexpected<std::string> failure(int error) {
    return std::unexpected(std::string(strerrordesc_np(error)));
}

// As many bytes as there are from there on, up to the room; a negative errno.
ssize_t fill(int fd, std::size_t offset, std::span<std::byte> room) {
    std::size_t done = 0;
    while (done < room.size()) {
        ssize_t n = pread(fd, room.data() + done, room.size() - done, off_t(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += std::size_t(n);
    }
    return ssize_t(done);
}

// In steps, the first of them `expected` bytes: what is in memory is what is there, and not what there might be.
std::expected<Buffer, std::string> readUpTo(int fd, std::size_t most, std::size_t expected) {
    Buffer buffer;
    for (std::size_t step = std::min(expected, most); step > 0; step = std::min(buffer.size(), most - buffer.size())) {
        std::size_t have = buffer.size();
        buffer.resize(have + step);
        ssize_t n = fill(fd, have, std::span(buffer).subspan(have));
        if (n < 0)
            return failure(int(-n));
        buffer.resize(have + std::size_t(n));
        if (std::size_t(n) < step)
            break;
    }
    return buffer;
}

} // namespace

std::expected<Buffer, std::string> readFile(int fd, std::size_t largest) {
    struct stat status {};
    if (fstat(fd, &status) < 0)
        return failure(errno);
    if (!S_ISREG(status.st_mode))
        return std::unexpected("it is not a regular file");
    if (std::uint64_t(status.st_size) > largest)
        return std::unexpected(fmt::format("it is larger than {} MiB", largest >> 20));
    return readUpTo(fd, std::size_t(status.st_size), std::size_t(status.st_size));
}

std::expected<Buffer, std::string> readFile(const std::filesystem::path& path, std::size_t largest) {
    OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)); // a fifo must not hold us up
    return fd.get() < 0 ? failure(errno) : readFile(fd.get(), largest);
}

std::expected<std::string, std::string> readText(const std::filesystem::path& path, std::size_t largest) {
    OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (fd.get() < 0)
        return failure(errno);
    auto buffer = readUpTo(fd.get(), largest, 4096);
    if (!buffer)
        return std::unexpected(buffer.error());
    return std::string(text(*buffer));
}

} // namespace luod::image
