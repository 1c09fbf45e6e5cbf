// SPDX-License-Identifier: LGPL-2.1-or-later

// To be preloaded: kills its process at the Nth thing that it does to the world, counted over all processes that have
// it: writing to the ledger, sending to the service manager or the bus, changing files on disk. LUOD_KILLER=FILE: two
// 64-bit numbers, how many there were so far, and 2 * N (before it is done) or 2 * N + 1 (after).
// LUOD_KILLER_OF=ledger: counts nothing but writes to the ledger.

#undef _FILE_OFFSET_BITS // or pwrite would be pwrite64 by another name

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

struct Shared {
    std::atomic<std::uint64_t> done;
    std::uint64_t at;
};

Shared* shared() {
    static Shared* const mapped = [] {
        const char* path = getenv("LUOD_KILLER");
        const int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
        void* const memory =
            fd < 0 ? MAP_FAILED : mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fd >= 0)
            close(fd);
        return memory == MAP_FAILED ? nullptr : static_cast<Shared*>(memory);
    }();
    return mapped;
}

// What the guard does when its luod is dead is not counted: it has no successor.
const pid_t self = getpid();

bool countsAll() {
    static const bool all = [] {
        const char* of = getenv("LUOD_KILLER_OF");
        return !of || std::strcmp(of, "ledger") != 0;
    }();
    return all;
}

enum class Kind { LedgerWrite, Other }; // nothing but the ledger is written to by pwrite()

template <typename Call> auto counted(Call&& call, Kind kind = Kind::Other) {
    Shared* const count = getpid() == self ? shared() : nullptr;
    if (!count || (kind == Kind::Other && !countsAll()))
        return call();
    const std::uint64_t number = ++count->done;
    if (count->at == 2 * number)
        raise(SIGKILL);
    auto result = call();
    if (count->at == 2 * number + 1)
        raise(SIGKILL);
    return result;
}

template <typename Function> Function* next(Function*, const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
    static const auto real = next(&pwrite, "pwrite");
    return counted([&] { return real(fd, data, size, at); }, Kind::LedgerWrite);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
    static const auto real = next(&pwrite64, "pwrite64");
    return counted([&] { return real(fd, data, size, at); }, Kind::LedgerWrite);
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    static const auto real = next(&sendmsg, "sendmsg");
    return counted([&] { return real(fd, message, flags); });
}
ssize_t send(int fd, const void* data, size_t size, int flags) {
    static const auto real = next(&send, "send");
    return counted([&] { return real(fd, data, size, flags); });
}
ssize_t writev(int fd, const iovec* parts, int count) {
    static const auto real = next(&writev, "writev");
    return counted([&] { return real(fd, parts, count); });
}
int fsync(int fd) {
    static const auto real = next(&fsync, "fsync");
    return counted([&] { return real(fd); });
}
int renameat(int from, const char* old, int to, const char* name) {
    static const auto real = next(&renameat, "renameat");
    return counted([&] { return real(from, old, to, name); });
}
int unlinkat(int directory, const char* name, int flags) {
    static const auto real = next(&unlinkat, "unlinkat");
    return counted([&] { return real(directory, name, flags); });
}

} // extern "C"
