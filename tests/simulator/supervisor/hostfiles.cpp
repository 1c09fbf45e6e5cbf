// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hostfiles.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>

namespace luosim {
namespace {

// Beyond this a jump takes the memory itself along instead of a copy: not to be told apart except by who still maps it.
constexpr std::uint64_t copyLimit = 64 << 20;

bool copyContent(int from, int to, std::uint64_t size) {
    off_t position = 0;
    while (static_cast<std::uint64_t>(position) < size) {
        if (sendfile(to, from, &position, size - static_cast<std::uint64_t>(position)) <= 0)
            return false;
    }
    return true;
}

/// The content of a memfd, between two kernels.
class HostRemains final : public model::MemfdRemains {
public:
    HostRemains(Fd content, model::FileKind kind, std::shared_ptr<MemfdPool> pool)
        : content_(std::move(content)), kind_(kind), pool_(std::move(pool)) {
        stored_ = pool_->store.put(content_);
    }

    model::Result<model::FileRef> restore(std::uint64_t size, unsigned seals, std::uint64_t position) override {
        Fd content = stored_ ? stored_.borrow() : std::move(content_);
        const int fd = content.get();
        const auto id = luosim::fileId(fd);
        if (!id)
            return model::fail(ENOMEM);
        // Fails only where what was sealed before says so, and then the size is right already.
        [[maybe_unused]] const int resized = ftruncate(fd, static_cast<off_t>(size));
        if (fcntl(fd, F_ADD_SEALS, seals) != 0 && (static_cast<unsigned>(fcntl(fd, F_GET_SEALS)) & seals) != seals)
            return model::fail(errno);
        lseek(fd, static_cast<off_t>(position), SEEK_SET);
        if (stored_)
            return std::make_shared<HostMemfd>(std::move(stored_), *id, kind_, pool_);
        return std::make_shared<HostMemfd>(std::move(content), *id, kind_, pool_);
    }

private:
    Fd content_; ///< empty when it could be put away
    StoredFd stored_;
    model::FileKind kind_;
    std::shared_ptr<MemfdPool> pool_;
};

Fd copyOf(int source, std::uint64_t size, model::FileKind kind) {
    const unsigned huge = kind == model::FileKind::hugetlbMemfd ? MFD_HUGETLB : 0;
    Fd copy(memfd_create("", MFD_CLOEXEC | MFD_ALLOW_SEALING | huge));
    if (copy && (ftruncate(copy.get(), static_cast<off_t>(size)) != 0 || !copyContent(source, copy.get(), size)))
        return Fd();
    return copy;
}

model::FileKind kindOf(int fd, const struct stat& status) {
    struct statfs filesystem;
    if (!S_ISREG(status.st_mode) || fstatfs(fd, &filesystem) != 0)
        return model::FileKind::other;
    if (filesystem.f_type == TMPFS_MAGIC)
        return model::FileKind::memfd;
    return filesystem.f_type == HUGETLBFS_MAGIC ? model::FileKind::hugetlbMemfd : model::FileKind::other;
}

/// Device and inode in one number: a dozen bits of device tell the few shmem mounts of a machine apart.
std::uint64_t fold(const FileId& id) {
    return static_cast<std::uint64_t>(id.device) << 52 ^ id.inode;
}

} // namespace

HostMemfd::HostMemfd(Fd fd, FileId id, model::FileKind kind, std::shared_ptr<MemfdPool> pool)
    : fd_(std::move(fd)), id_(id), kind_(kind), pool_(std::move(pool)) {}

HostMemfd::HostMemfd(StoredFd stored, FileId id, model::FileKind kind, std::shared_ptr<MemfdPool> pool)
    : stored_(std::move(stored)), id_(id), kind_(kind), pool_(std::move(pool)) {}

HostMemfd::~HostMemfd() = default;

Fd HostMemfd::borrow() const {
    return fd_ ? Fd(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)) : stored_.borrow();
}

void HostMemfd::putAway() {
    if (fd_)
        stored_ = pool_->store.put(fd_);
}

std::uint64_t HostMemfd::inodeId() const {
    return fold(id_);
}

std::string HostMemfd::label() const {
    std::array<char, 300> target;
    const Fd borrowed = borrow();
    const ssize_t length =
        readlink(("/proc/self/fd/" + std::to_string(borrowed.get())).c_str(), target.data(), target.size());
    return std::string(target.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
}

bool HostMemfd::unlinked() const {
    struct stat status;
    return fstat(borrow().get(), &status) == 0 && status.st_nlink == 0;
}

std::uint64_t HostMemfd::size() const {
    struct stat status;
    return fstat(borrow().get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

unsigned HostMemfd::seals() const {
    const int seals = fcntl(borrow().get(), F_GET_SEALS);
    return seals < 0 ? 0 : static_cast<unsigned>(seals);
}

std::uint64_t HostMemfd::position() const {
    const off_t position = lseek(borrow().get(), 0, SEEK_CUR);
    return position < 0 ? 0 : static_cast<std::uint64_t>(position);
}

void HostMemfd::fixSize(bool fixed) {
    if (fixed)
        pool_->fixedSizes.insert(id_);
    else
        pool_->fixedSizes.erase(id_);
}

model::Status HostMemfd::fillHoles() {
    // Through a description of our own: the client's may be read-only, which pinning does not mind.
    const Fd writable = reopen(borrow().get(), O_RDWR);
    const auto length = static_cast<off_t>(size());
    if (length > 0 && fallocate(writable.get(), FALLOC_FL_KEEP_SIZE, 0, length) != 0)
        return model::fail(errno);
    return {};
}

std::shared_ptr<model::MemfdRemains> HostMemfd::snapshot() {
    const Fd source = reopen(borrow().get(), O_RDONLY);
    struct stat status = {};
    fstat(source.get(), &status);
    const auto length = static_cast<std::uint64_t>(status.st_size);
    Fd content;
    if (length <= copyLimit)
        content = copyOf(source.get(), length, kind_);
    if (!content)
        content = reopen(source.get(), O_RDWR);
    return std::make_shared<HostRemains>(std::move(content), kind_, pool_);
}

model::FileRef describeFile(Fd fd, const std::shared_ptr<MemfdPool>& pool) {
    // What was opened with O_PATH is no file to most calls.
    const auto known = fileId(fd.get());
    if (!known || (fcntl(fd.get(), F_GETFL) & O_PATH))
        return nullptr;
    if (fcntl(fd.get(), F_GET_SEALS) < 0) // on no file system in memory, the others of which may never answer
        return std::make_shared<model::PlainFile>(fold(*known));
    struct stat status;
    if (fstat(fd.get(), &status) != 0)
        return nullptr;
    const auto id = fileId(status);
    const auto kind = kindOf(fd.get(), status);
    if (kind == model::FileKind::other)
        return std::make_shared<model::PlainFile>(fold(id));
    return std::make_shared<HostMemfd>(std::move(fd), id, kind, pool);
}

} // namespace luosim
