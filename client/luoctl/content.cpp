// SPDX-License-Identifier: LGPL-2.1-or-later
#include "content.hpp"

#include "failure.hpp"
#include "output.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#ifndef MFD_EXEC // headers before Linux 6.3
#define MFD_EXEC 0x0010U
#endif

namespace luoctl {
namespace {

constexpr size_t chunk = 1 << 20;
constexpr off_t atOnce = off_t(1) << 30; // sendfile takes a little under 2 GiB

void waitWritable(int fd) {
    pollfd ready{fd, POLLOUT, 0};
    poll(&ready, 1, -1);
}

// For descriptors that sendfile does not take: terminals, O_APPEND files, old kernels.
int copyByHand(int in, off_t from, off_t to, int out) {
    std::vector<char> buffer(chunk);
    while (from < to) {
        ssize_t n = pread(in, buffer.data(), std::min<size_t>(chunk, size_t(to - from)), from);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO; // it became shorter meanwhile
        if (int r = writeAll(out, {buffer.data(), size_t(n)}); r < 0)
            return r;
        from += n;
    }
    return 0;
}

// [from, to) of in to out's position.
int copyRange(int in, off_t from, off_t to, int out) {
    while (from < to) {
        ssize_t n = sendfile(out, in, &from, size_t(std::min(to - from, atOnce)));
        if (n > 0 || (n < 0 && errno == EINTR))
            continue;
        if (n == 0)
            return -EIO;
        if (errno == EAGAIN)
            waitWritable(out);
        else if (errno == EINVAL || errno == ENOSYS)
            return copyByHand(in, from, to, out);
        else
            return -errno;
    }
    return 0;
}

// Only what is not a hole; out's offsets are in's, less `shift`.
int copySparse(int in, off_t from, off_t to, off_t shift, int out) {
    if (ftruncate(out, to - shift) < 0)
        return -errno;
    while (from < to) {
        off_t data = lseek(in, from, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            return 0; // nothing but a hole from here on
        off_t hole = data < 0 ? to : lseek(in, data, SEEK_HOLE);
        data = data < 0 ? from : data; // a file system that does not know: all of it is data
        hole = hole < 0 ? to : std::min(hole, to);
        if (data >= to)
            return 0;
        if (lseek(out, data - shift, SEEK_SET) < 0)
            return -errno;
        if (int r = copyRange(in, data, hole, out); r < 0)
            return r;
        from = hole;
    }
    return 0;
}

int copyStream(int in, int out) {
    std::vector<char> buffer(chunk);
    for (;;) {
        ssize_t n = read(in, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            pollfd ready{in, POLLIN, 0};
            poll(&ready, 1, -1);
            continue;
        }
        if (n <= 0)
            return n < 0 ? -errno : 0;
        if (int r = writeAll(out, {buffer.data(), size_t(n)}); r < 0)
            return r;
    }
}

// Seeking for holes in a descriptor moves its position, and a retrieved file's position belongs to its owner.
class KeepPosition {
public:
    explicit KeepPosition(int fd) : fd_(fd), position_(lseek(fd, 0, SEEK_CUR)) {}
    KeepPosition(const KeepPosition&) = delete;
    ~KeepPosition() {
        if (position_ >= 0)
            lseek(fd_, position_, SEEK_SET);
    }

private:
    int fd_;
    off_t position_;
};

bool seekableRegular(int fd) {
    struct stat status {};
    int flags = fcntl(fd, F_GETFL);
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && flags >= 0 && !(flags & O_APPEND);
}

} // namespace

Fd memfdOf(int source, const std::string& name) {
    // Where vm.memfd_noexec is set, one without MFD_EXEC would come back sealed against writing.
    Fd memfd{memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC)};
    if (memfd.get() < 0 && errno == EINVAL) // Linux before 6.3
        memfd = Fd{memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (memfd.get() < 0)
        throw local("cannot make a memfd", errno);
    struct stat status {};
    off_t start = lseek(source, 0, SEEK_CUR);
    // Files of /proc and /sys say 0 bytes and have more.
    bool sized = fstat(source, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && start >= 0;
    int r = sized ? copySparse(source, std::min(start, status.st_size), status.st_size, start, memfd.get())
                  : copyStream(source, memfd.get());
    if (r < 0)
        throw local("cannot copy the content into a memfd", -r);
    if (lseek(memfd.get(), 0, SEEK_SET) < 0)
        throw local("cannot rewind the memfd", errno);
    return memfd;
}

void writeContent(int memfd, int out) {
    struct stat status {};
    if (fstat(memfd, &status) < 0 || !S_ISREG(status.st_mode))
        throw usage("the file is not one that has content; hand it to a program with '-- COMMAND'");
    int r = 0;
    if (off_t at = lseek(out, 0, SEEK_CUR); at == 0 && seekableRegular(out)) {
        KeepPosition keep(memfd);
        r = copySparse(memfd, 0, status.st_size, 0, out);
    } else {
        r = copyRange(memfd, 0, status.st_size, out);
    }
    if (r == -EPIPE)
        throw local("the reader of the output went away before all was written", EPIPE);
    if (r < 0)
        throw local("cannot write the content", -r);
}

} // namespace luoctl
