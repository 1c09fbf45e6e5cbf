// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The live update calls as bare as they are, for programs that test a kernel or the simulator: every function returns
// what the kernel gave, or a negative errno. Needs nothing but libc, so that it can be linked statically.

#include <fcntl.h>
#include <linux/reboot.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace raw {

struct NamedSession {
    std::uint32_t size;
    std::int32_t fd;
    char name[64];
};
struct SessionFd {
    std::uint32_t size;
    std::int32_t fd;
    std::uint64_t token;
};
struct Finish {
    std::uint32_t size;
    std::uint32_t reserved;
};
struct GetName {
    std::uint32_t size;
    std::uint32_t reserved;
    char name[64];
};

constexpr unsigned long createSession = _IO(0xBA, 0x00);
constexpr unsigned long retrieveSession = _IO(0xBA, 0x01);
constexpr unsigned long preserveFd = _IO(0xBA, 0x40);
constexpr unsigned long retrieveFd = _IO(0xBA, 0x41);
constexpr unsigned long finishSession = _IO(0xBA, 0x42);
constexpr unsigned long getName = _IO(0xBA, 0x43);

inline long result(long value) {
    return value < 0 ? -errno : value;
}

inline int control(int fd, unsigned long command, void* argument) {
    return static_cast<int>(result(::ioctl(fd, command, argument)));
}

inline int openDevice(int flags = O_RDWR | O_CLOEXEC) {
    return static_cast<int>(result(::open("/dev/liveupdate", flags)));
}

inline int named(int device, unsigned long command, const std::string& name) {
    NamedSession arguments = {sizeof arguments, -1, {}};
    std::memcpy(arguments.name, name.data(), name.size() < sizeof arguments.name ? name.size() : sizeof arguments.name);
    const int error = control(device, command, &arguments);
    return error < 0 ? error : arguments.fd;
}
inline int create(int device, const std::string& name) {
    return named(device, createSession, name);
}
inline int retrieve(int device, const std::string& name) {
    return named(device, retrieveSession, name);
}

inline int preserve(int session, int fd, std::uint64_t token) {
    SessionFd arguments = {sizeof arguments, fd, token};
    return control(session, preserveFd, &arguments);
}
inline int retrieveFile(int session, std::uint64_t token) {
    SessionFd arguments = {sizeof arguments, -1, token};
    const int error = control(session, retrieveFd, &arguments);
    return error < 0 ? error : arguments.fd;
}
inline int finish(int session) {
    Finish arguments = {sizeof arguments, 0};
    return control(session, finishSession, &arguments);
}

inline int memfd(const std::string& content, unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING) {
    const int fd = static_cast<int>(result(::memfd_create("raw", flags)));
    if (fd >= 0 && ::write(fd, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
        return -EIO;
    return fd;
}

inline std::string contentOf(int fd) {
    struct stat status = {};
    if (::fstat(fd, &status) != 0)
        return "?";
    std::string content(static_cast<std::size_t>(status.st_size), '\0');
    if (::pread(fd, content.data(), content.size(), 0) != status.st_size)
        return "?";
    return content;
}

inline long kexecFileLoad(int kernel, int initrd, const char* line, std::size_t length, unsigned long flags) {
    return result(::syscall(SYS_kexec_file_load, kernel, initrd, length, line, flags));
}
constexpr unsigned long fileUnload = 1;
constexpr unsigned long fileNoInitramfs = 4;

inline long reboot(unsigned command) {
    return result(::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, nullptr));
}

inline std::string readFile(const char* path) {
    std::string text;
    char buffer[4096];
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    for (ssize_t length; fd >= 0 && (length = ::read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(length));
    if (fd >= 0)
        ::close(fd);
    return text;
}

} // namespace raw
