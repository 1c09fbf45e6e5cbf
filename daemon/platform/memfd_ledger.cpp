// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/memfd_ledger.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace luod::platform {

using core::Errno;
using core::LedgerBytes;
using core::UniqueFd;

namespace {

class MemfdLedger final : public LedgerBytes {
public:
    MemfdLedger(UniqueFd fd, std::size_t size) : fd_(std::move(fd)), size_(size) {}

    std::size_t size() const override { return size_; }
    int fd() const override { return fd_.get(); }
    Errno<> write(std::size_t offset, std::string_view bytes) override;
    Errno<std::string> read() const override;

private:
    UniqueFd fd_;
    std::size_t size_;
};

Errno<> MemfdLedger::write(std::size_t offset, std::string_view bytes) {
    if (offset > size_ || bytes.size() > size_ - offset)
        return std::unexpected(ENOSPC);
    while (!bytes.empty()) {
        ssize_t written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return std::unexpected(written < 0 ? errno : EIO);
        offset += static_cast<std::size_t>(written);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Errno<std::string> MemfdLedger::read() const {
    std::string bytes(size_, '\0');
    for (std::size_t have = 0; have < size_;) {
        ssize_t got = ::pread(fd_.get(), bytes.data() + have, size_ - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) // it cannot have become shorter, but who knows who else holds it
            return std::unexpected(got < 0 ? errno : EIO);
        have += static_cast<std::size_t>(got);
    }
    return bytes;
}

// Explicitly executable, which it will never be: a memfd made with MFD_NOEXEC_SEAL carries F_SEAL_EXEC, and the next kernel,
// which makes a new file with mode 0777 and then adds the seals, seals it against writing, too (memfd_add_seals; seen on
// 7.3). Where vm.memfd_noexec=2 forbids that, the next luod reads such a ledger and begins a new one, as it does anyway.
// Kernels before 6.3 know neither flag.
int newMemfd() {
    for (unsigned flags : {MFD_CLOEXEC | MFD_EXEC, MFD_CLOEXEC | MFD_NOEXEC_SEAL})
        if (int fd = ::memfd_create("luod-ledger", flags); fd >= 0 || (errno != EINVAL && errno != EACCES))
            return fd;
    return ::memfd_create("luod-ledger", MFD_CLOEXEC);
}

} // namespace

Errno<std::unique_ptr<LedgerBytes>> MemfdLedgerMaker::make(std::size_t size) {
    if (size == 0 || size > maxSize)
        return std::unexpected(EINVAL);
    UniqueFd fd(newMemfd());
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) < 0)
        return std::unexpected(errno);
    return std::make_unique<MemfdLedger>(std::move(fd), size);
}

Errno<std::unique_ptr<LedgerBytes>> MemfdLedgerMaker::adopt(UniqueFd fd) {
    int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) != O_RDWR)
        return std::unexpected(EBADF);
    if (flags & O_APPEND) // pwrite would not write where it is told
        return std::unexpected(EINVAL);
    if (::fcntl(fd.get(), F_GET_SEALS) < 0)
        return std::unexpected(EINVAL);

    // It has seals, so it lies in a file system of the kernel's own that answers at once.
    struct statfs system {};
    struct stat is {};
    if (::fstatfs(fd.get(), &system) < 0 || ::fstat(fd.get(), &is) < 0)
        return std::unexpected(errno);
    if (system.f_type != TMPFS_MAGIC || !S_ISREG(is.st_mode) || is.st_size < 1 ||
        static_cast<std::size_t>(is.st_size) > maxSize)
        return std::unexpected(EINVAL);

    int onExec = ::fcntl(fd.get(), F_GETFD);
    if (!(onExec & FD_CLOEXEC) && ::fcntl(fd.get(), F_SETFD, onExec | FD_CLOEXEC) < 0)
        return std::unexpected(errno);
    return std::make_unique<MemfdLedger>(std::move(fd), static_cast<std::size_t>(is.st_size));
}

} // namespace luod::platform
