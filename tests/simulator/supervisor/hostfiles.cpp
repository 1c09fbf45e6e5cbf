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
    HostRemains(Fd content, model::FileKind kind, std::shared_ptr<FixedSizes> fixed)
        : content_(std::move(content)), kind_(kind), fixed_(std::move(fixed)) {}

    model::Result<model::FileRef> restore(std::uint64_t size, unsigned seals, std::uint64_t position) override {
        const int fd = content_.get();
        // Fails only where what was sealed before says so, and then the size is right already.
        [[maybe_unused]] const int resized = ftruncate(fd, static_cast<off_t>(size));
        if (fcntl(fd, F_ADD_SEALS, seals) != 0 && (static_cast<unsigned>(fcntl(fd, F_GET_SEALS)) & seals) != seals)
            return model::fail(errno);
        lseek(fd, static_cast<off_t>(position), SEEK_SET);
        const auto id = luosim::fileId(fd);
        return std::make_shared<HostMemfd>(std::move(content_), *id, kind_, fixed_);
    }

private:
    Fd content_;
    model::FileKind kind_;
    std::shared_ptr<FixedSizes> fixed_;
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

HostMemfd::HostMemfd(Fd fd, FileId id, model::FileKind kind, std::shared_ptr<FixedSizes> fixed)
    : fd_(std::move(fd)), id_(id), kind_(kind), fixed_(std::move(fixed)) {}

HostMemfd::~HostMemfd() = default;

std::uint64_t HostMemfd::inodeId() const {
    return fold(id_);
}

std::string HostMemfd::label() const {
    std::array<char, 300> target;
    const ssize_t length = readlink(("/proc/self/fd/" + std::to_string(fd())).c_str(), target.data(), target.size());
    return std::string(target.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
}

bool HostMemfd::unlinked() const {
    struct stat status;
    return fstat(fd(), &status) == 0 && status.st_nlink == 0;
}

std::uint64_t HostMemfd::size() const {
    struct stat status;
    return fstat(fd(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

unsigned HostMemfd::seals() const {
    const int seals = fcntl(fd(), F_GET_SEALS);
    return seals < 0 ? 0 : static_cast<unsigned>(seals);
}

std::uint64_t HostMemfd::position() const {
    const off_t position = lseek(fd(), 0, SEEK_CUR);
    return position < 0 ? 0 : static_cast<std::uint64_t>(position);
}

void HostMemfd::fixSize(bool fixed) {
    if (fixed)
        fixed_->insert(id_);
    else
        fixed_->erase(id_);
}

model::Status HostMemfd::fillHoles() {
    // Through a description of our own: the client's may be read-only, which pinning does not mind.
    const Fd writable = reopen(fd(), O_RDWR);
    const auto length = static_cast<off_t>(size());
    if (length > 0 && fallocate(writable.get(), FALLOC_FL_KEEP_SIZE, 0, length) != 0)
        return model::fail(errno);
    return {};
}

std::shared_ptr<model::MemfdRemains> HostMemfd::snapshot() {
    Fd content;
    if (size() <= copyLimit)
        content = copyOf(reopen(fd(), O_RDONLY).get(), size(), kind_);
    if (!content)
        content = reopen(fd(), O_RDWR);
    return std::make_shared<HostRemains>(std::move(content), kind_, fixed_);
}

model::FileRef describeFile(Fd fd, const std::shared_ptr<FixedSizes>& fixed) {
    struct stat status;
    // What was opened with O_PATH is no file to most calls.
    if (fstat(fd.get(), &status) != 0 || (fcntl(fd.get(), F_GETFL) & O_PATH))
        return nullptr;
    const auto id = fileId(status);
    const auto kind = kindOf(fd.get(), status);
    if (kind == model::FileKind::other)
        return std::make_shared<model::PlainFile>(fold(id));
    return std::make_shared<HostMemfd>(std::move(fd), id, kind, fixed);
}

} // namespace luosim
