// SPDX-License-Identifier: LGPL-2.1-or-later
#include "facts.hpp"

#include <linux/magic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/vfs.h>

#include <algorithm>

namespace facts {
namespace {

std::uint64_t nextToken = 1000;

void tryFile(const char* name, int session, int fd) {
    fact(name, raw::preserve(session, fd, nextToken++));
    ::close(fd);
}

int reopened(int fd, int flags) {
    return ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), flags);
}

void kindFacts(int device, int session) {
    tryFile("preserve.null-device", session, ::open("/dev/null", O_RDWR));
    tryFile("preserve.zero-device", session, ::open("/dev/zero", O_RDWR));
    tryFile("preserve.program", session, ::open("/proc/self/exe", O_RDONLY));
    tryFile("preserve.directory", session, ::open("/", O_RDONLY | O_DIRECTORY));
    tryFile("preserve.eventfd", session, ::eventfd(0, 0));
    tryFile("preserve.socket", session, ::socket(AF_UNIX, SOCK_STREAM, 0));
    tryFile("preserve.proc-file", session, ::open("/proc/self/status", O_RDONLY));
    int ends[2] = {-1, -1};
    if (::pipe(ends) == 0) {
        tryFile("preserve.pipe", session, ends[0]);
        tryFile("preserve.pipe-write-end", session, ends[1]);
    }
    fact("preserve.itself", raw::preserve(session, session, nextToken++));
    fact("preserve.the-device", raw::preserve(session, device, nextToken++));
    tryFile("preserve.memfd", session, raw::memfd("x"));
    tryFile("preserve.empty-memfd", session, raw::memfd(""));
    const int path = raw::memfd("x");
    tryFile("preserve.path-only", session, reopened(path, O_PATH));
    tryFile("preserve.read-only-memfd", session, reopened(path, O_RDONLY));
    const int sealed = raw::memfd("x");
    ::fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    tryFile("preserve.sealed-memfd", session, sealed);
    tryFile("preserve.memfd-without-sealing", session, raw::memfd("x", MFD_CLOEXEC));
    const int huge = static_cast<int>(::memfd_create("huge", MFD_HUGETLB));
    if (huge >= 0)
        tryFile("preserve.huge-memfd", session, huge);
    else
        fact("preserve.huge-memfd", skipped);
}

void tmpfsFacts(int session) {
    struct statfs filesystem = {};
    const char* path = "/dev/shm/luo-facts";
    const int file = ::open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ::fstatfs(file, &filesystem) != 0 || filesystem.f_type != TMPFS_MAGIC) {
        fact("preserve.named-tmpfs-file", skipped);
        fact("preserve.unlinked-tmpfs-file", skipped);
    } else {
        fact("preserve.named-tmpfs-file", raw::preserve(session, file, nextToken++));
        ::unlink(path);
        fact("preserve.unlinked-tmpfs-file", raw::preserve(session, file, nextToken++));
    }
    ::unlink(path);
    ::close(file);
}

void twiceFacts(int device, int session) {
    const int file = raw::memfd("twice");
    fact("preserve.token-0", raw::preserve(session, file, 0));
    fact("preserve.same-token", raw::preserve(session, raw::memfd("y"), 0));
    fact("preserve.same-token-bad-fd", raw::preserve(session, -1, 0));
    fact("preserve.same-file", raw::preserve(session, file, 2));
    fact("preserve.dup-of-file", raw::preserve(session, ::dup(file), 2));
    fact("preserve.reopened-file", raw::preserve(session, reopened(file, O_RDWR), 2));
    const int other = raw::create(device, "other");
    fact("preserve.same-file-other-session", raw::preserve(other, file, 2));
    fact("preserve.same-token-other-session", raw::preserve(other, raw::memfd("z"), 0));
    fact("preserve.largest-token", raw::preserve(session, raw::memfd("y"), ~std::uint64_t{0}));
    ::close(session);
    fact("preserve.file-of-closed-session", raw::preserve(other, file, 2));
    ::close(other);
    ::close(file);
}

void callFacts(int session) {
    fact("preserve.fd-minus-1", raw::preserve(session, -1, nextToken));
    fact("preserve.fd-unused", raw::preserve(session, 900, nextToken));
    fact("preserve.null", raw::control(session, raw::preserveFd, nullptr));
    fact("preserve.size-15", callSized(session, raw::preserveFd, 15, false));
    fact("preserve.size-24-nonzero-tail", callSized(session, raw::preserveFd, 24, true));
    struct {
        raw::SessionFd known;
        std::uint64_t tail;
    } longer = {{24, raw::memfd("x"), nextToken++}, 0};
    fact("preserve.size-24-zero-tail", raw::control(session, raw::preserveFd, &longer));
    raw::SessionFd arguments = {sizeof arguments, raw::memfd("x"), nextToken};
    fact("preserve.read-only-memory", callReadOnly(session, raw::preserveFd, &arguments, sizeof arguments));
    fact("preserve.after-read-only-memory", raw::preserve(session, raw::memfd("y"), nextToken++));
}

} // namespace

void preserveFacts() {
    const int device = raw::openDevice();
    const int session = raw::create(device, "preserve");
    kindFacts(device, session);
    tmpfsFacts(session);
    callFacts(session);
    long worst = 0;
    for (unsigned i = 0; i < 300; ++i) {
        const int file = raw::memfd("");
        worst = std::min<long>(worst, raw::preserve(session, file, 5000 + i));
        ::close(file);
    }
    fact("many.300-files", worst);
    ::close(session);
    twiceFacts(device, raw::create(device, "twice"));
    ::close(device);
}

void frozenFacts() {
    const int device = raw::openDevice();
    const int session = raw::create(device, "frozen");
    const int file = raw::memfd("");
    fact("frozen.make-a-hole", raw::result(::ftruncate(file, 1 << 20)));
    struct stat status = {};
    ::fstat(file, &status);
    number("frozen.blocks-before", static_cast<unsigned long>(status.st_blocks));
    fact("frozen.preserve", raw::preserve(session, file, 1));
    ::fstat(file, &status);
    number("frozen.blocks-after", static_cast<unsigned long>(status.st_blocks));
    number("frozen.size", static_cast<unsigned long>(status.st_size));
    fact("frozen.truncate-smaller", raw::result(::ftruncate(file, 4096)));
    fact("frozen.truncate-larger", raw::result(::ftruncate(file, 2 << 20)));
    fact("frozen.truncate-same", raw::result(::ftruncate(file, 1 << 20)));
    fact("frozen.punch-a-hole", raw::result(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096)));
    fact("frozen.allocate-inside", raw::result(::fallocate(file, 0, 0, 4096)));
    fact("frozen.allocate-behind", raw::result(::fallocate(file, FALLOC_FL_KEEP_SIZE, 2 << 20, 4096)));
    fact("frozen.write-inside", raw::result(::pwrite(file, "x", 1, 100)));
    fact("frozen.write-behind", raw::result(::pwrite(file, "x", 1, 2 << 20)));
    void* map = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    fact("frozen.map", map == MAP_FAILED ? -errno : 0);
    fact("frozen.seek", raw::result(::lseek(file, 5, SEEK_SET)));
    fact("frozen.add-seal", raw::result(::fcntl(file, F_ADD_SEALS, F_SEAL_GROW)));
    ::close(session);
    fact("frozen.truncate-after-close", raw::result(::ftruncate(file, 4096)));
    fact("frozen.punch-after-close",
         raw::result(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096)));
    ::close(file);
    ::close(device);
}

} // namespace facts
