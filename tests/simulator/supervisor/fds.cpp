// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fds.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>

#include <cerrno>
#include <fstream>

namespace luosim {
namespace {

// Linux 6.9 and newer: a pidfd of one thread, whose descriptor table may be its own.
constexpr unsigned pidfdThread = O_EXCL;

Fd openPidfd(pid_t thread) {
    int fd = static_cast<int>(syscall(SYS_pidfd_open, thread, pidfdThread));
    if (fd < 0 && errno == EINVAL)
        fd = static_cast<int>(syscall(SYS_pidfd_open, processOf(thread), 0));
    return Fd(fd);
}

} // namespace

FileId fileId(const struct stat& status) {
    return {status.st_dev, status.st_ino};
}

// From what the kernel knows: a file server that never answers, which a program may hand to luod, is not asked.
static std::optional<FileId> unaskedId(int directory, const char* path, int flags) {
    struct statx status;
    if (statx(directory, path, flags | AT_STATX_DONT_SYNC, STATX_INO, &status) != 0)
        return std::nullopt;
    return FileId{makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino};
}

std::optional<FileId> fileId(int fd) {
    return unaskedId(fd, "", AT_EMPTY_PATH);
}

std::string fdPath(pid_t thread, int fd) {
    return "/proc/" + std::to_string(thread) + "/fd/" + std::to_string(fd);
}

std::optional<FileId> fileIdOf(pid_t thread, int fd) {
    return fd < 0 ? std::nullopt : unaskedId(AT_FDCWD, fdPath(thread, fd).c_str(), 0);
}

std::expected<Fd, int> takeFd(pid_t thread, int fd) {
    const auto wanted = fileIdOf(thread, fd);
    if (!wanted)
        return std::unexpected(EBADF);
    if (const Fd process = openPidfd(thread)) {
        Fd copy(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
        // Without pidfdThread the number was looked up in the table of the process, not of the thread.
        if (copy && fileId(copy.get()) == wanted)
            return copy;
    }
    Fd copy(open(fdPath(thread, fd).c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!copy)
        copy = Fd(open(fdPath(thread, fd).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!copy)
        return std::unexpected(EBADF);
    return copy;
}

Fd reopen(int fd, int flags) {
    return Fd(open(("/proc/self/fd/" + std::to_string(fd)).c_str(), flags | O_CLOEXEC));
}

pid_t processOf(pid_t thread) {
    std::ifstream status("/proc/" + std::to_string(thread) + "/status");
    for (std::string word; status >> word;) {
        pid_t process;
        if (word == "Tgid:" && status >> process)
            return process;
    }
    return thread;
}

} // namespace luosim
