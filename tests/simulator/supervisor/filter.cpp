// SPDX-License-Identifier: LGPL-2.1-or-later
#include "filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace luosim {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t nativeArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t nativeArch = AUDIT_ARCH_AARCH64;
#else
#error "luo-sim knows x86-64 and arm64"
#endif

// arm64 was born without the calls that *at() ones replaced.
constexpr std::uint32_t alwaysTrapped[] = {
#ifdef __NR_open
    __NR_open,
#endif
#ifdef __NR_stat
    __NR_stat,      __NR_lstat,
#endif
#ifdef __NR_access
    __NR_access,
#endif
#ifdef __NR_readlink
    __NR_readlink,
#endif
    __NR_openat,    __NR_openat2,   __NR_readlinkat, __NR_faccessat,       __NR_faccessat2, __NR_fstatfs,
    __NR_ftruncate, __NR_fallocate, __NR_kexec_load, __NR_kexec_file_load, __NR_reboot,
};

class Assembler {
public:
    void load(std::size_t offset) { put(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
    void loadArgument(unsigned index) { load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)); }
    void mask(std::uint32_t bits) { put(BPF_ALU | BPF_AND | BPF_K, bits); }
    void give(std::uint32_t verdict) { put(BPF_RET | BPF_K, verdict); }

    void giveIfEqual(std::uint32_t value, std::uint32_t verdict) {
        put(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
        give(verdict);
    }
    void giveUnlessEqual(std::uint32_t value, std::uint32_t verdict) {
        put(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
        give(verdict);
    }
    void skipUnlessEqual(std::uint32_t value, std::uint8_t instructions) {
        put(BPF_JMP | BPF_JEQ | BPF_K, value, 0, instructions);
    }
    void giveIfAnyBit(std::uint32_t bits, std::uint32_t verdict) {
        put(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
        give(verdict);
    }
    std::vector<sock_filter> take() { return std::move(program_); }

private:
    void put(unsigned code, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) {
        program_.push_back({static_cast<std::uint16_t>(code), yes, no, k});
    }
    std::vector<sock_filter> program_;
};

/// ioctl only for the two families the simulator answers: live update (0xBA) and VFIO with iommufd (0x3B).
void filterIoctl(Assembler& code) {
    code.skipUnlessEqual(__NR_ioctl, 7);
    code.loadArgument(1);
    code.mask(0xff00);
    code.giveIfEqual(0xBA00, SECCOMP_RET_USER_NOTIF);
    code.giveIfEqual(0x3B00, SECCOMP_RET_USER_NOTIF);
    code.give(SECCOMP_RET_ALLOW);
}

/// Only sockets that listen for uevents, and the naming of such.
void filterSockets(Assembler& code) {
    code.skipUnlessEqual(__NR_socket, 7);
    code.loadArgument(0);
    code.giveUnlessEqual(AF_NETLINK, SECCOMP_RET_ALLOW);
    code.loadArgument(2);
    code.giveUnlessEqual(NETLINK_KOBJECT_UEVENT, SECCOMP_RET_ALLOW);
    code.give(SECCOMP_RET_USER_NOTIF);
    code.skipUnlessEqual(__NR_bind, 4);
    code.loadArgument(2);
    code.giveUnlessEqual(sizeof(sockaddr_nl), SECCOMP_RET_ALLOW);
    code.give(SECCOMP_RET_USER_NOTIF);
}

/// A stat by path comes to us, a stat by descriptor (AT_EMPTY_PATH: that is every fstat of glibc) does not; statx by
/// descriptor, which few use, does.
void filterStat(Assembler& code, std::uint32_t number, unsigned flagsArgument) {
    code.skipUnlessEqual(number, 4);
    code.loadArgument(flagsArgument);
    code.giveIfAnyBit(AT_EMPTY_PATH, SECCOMP_RET_ALLOW);
    code.give(SECCOMP_RET_USER_NOTIF);
}

} // namespace

std::vector<sock_filter> buildFilter() {
    Assembler code;
    code.load(offsetof(seccomp_data, arch));
    code.giveUnlessEqual(nativeArch, SECCOMP_RET_ALLOW);
    code.load(offsetof(seccomp_data, nr));
    for (const auto number : alwaysTrapped)
        code.giveIfEqual(number, SECCOMP_RET_USER_NOTIF);
    // A ring would carry opens and ioctls past the filter.
    code.giveIfEqual(__NR_io_uring_setup, SECCOMP_RET_ERRNO | ENOSYS);
    filterIoctl(code);
    filterStat(code, __NR_newfstatat, 3);
    code.giveIfEqual(__NR_statx, SECCOMP_RET_USER_NOTIF);
    filterSockets(code);
    code.give(SECCOMP_RET_ALLOW);
    return code.take();
}

Fd installFilter() {
    const auto program = buildFilter();
    const sock_fprog header = {static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
    // Killable: once the supervisor has taken a call, no ordinary signal may make the caller repeat it.
    const unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    auto install = [&] { return static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &header)); };
    int listener = install();
    // Without privileges the kernel wants this promise; with them it would only break setuid programs of the command.
    if (listener < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        listener = install();
    return Fd(listener);
}

const char* explainFilterError(int error) {
    switch (error) {
    case EBUSY:
        return "another seccomp supervisor is already at work here (a luo-sim inside a luo-sim, or a container runtime "
               "with its own): start the outer program outside of it";
    case EINVAL:
        return "this kernel lacks SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: Linux 5.19 or newer is needed";
    case ENOSYS:
        return "this kernel or sandbox has no seccomp filters (CONFIG_SECCOMP_FILTER): use another machine, or a "
               "virtual "
               "one";
    case EPERM:
    case EACCES:
        return "the sandbox around forbids seccomp filters: allow the seccomp system call there";
    default:
        return "the kernel refused the seccomp filter";
    }
}

} // namespace luosim
