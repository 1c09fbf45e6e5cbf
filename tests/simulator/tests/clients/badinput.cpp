// SPDX-License-Identifier: LGPL-2.1-or-later
// What the kernel says to calls that are wrong, and that nothing is half done then.

#include "scenario.hpp"

#include <array>
#include <vector>

using namespace scenario;

namespace {

struct Known {
    bool onDevice;
    unsigned long command;
    std::uint32_t size;
};

constexpr Known known[] = {
    {true, raw::createSession, 72},
    {true, raw::retrieveSession, 72},
    {false, raw::preserveFd, 16},
    {false, raw::getName, 72},
};

/// A struct of any size, by its first word.
struct Sized {
    std::uint32_t size = 0;
    std::array<char, 252> rest = {};
};

char* twoPages() {
    const auto size = static_cast<std::size_t>(::getpagesize());
    void* memory = ::mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDS(memory != MAP_FAILED);
    return static_cast<char*>(memory);
}

int openFiles() {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd)
        count += ::fcntl(fd, F_GETFD) >= 0;
    return count;
}

} // namespace

SCENARIO(wrongSizes) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "sizes");
    for (const auto& each : known) {
        const int fd = each.onDevice ? device : session;
        for (const std::uint32_t size : {0u, 4u, each.size - 1}) {
            Sized arguments;
            arguments.size = size;
            SAME(raw::control(fd, each.command, &arguments), -EINVAL);
        }
        Sized tail;
        tail.size = each.size + 8;
        tail.rest[each.size] = 1; // the struct counts four bytes of size that rest does not
        SAME(raw::control(fd, each.command, &tail), -E2BIG);
    }
}

SCENARIO(longerStructsWithZeroesAreWelcome) {
    const int device = raw::openDevice();
    Sized arguments;
    arguments.size = 200;
    std::strcpy(arguments.rest.data() + 4, "long");
    SAME(raw::control(device, raw::createSession, &arguments), 0);
    SAME(raw::create(device, "long"), -EEXIST);
}

SCENARIO(enormousSizesAreRefused) {
    const int device = raw::openDevice();
    char* memory = twoPages();
    auto* size = reinterpret_cast<std::uint32_t*>(memory);
    *size = 0xffffffff;
    // Zero as far as it can be read, and then there is no more.
    const int error = raw::control(device, raw::createSession, memory);
    HOLDS(error == -EFAULT || error == -E2BIG);
}

SCENARIO(badPointers) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "pointers");
    char* memory = twoPages();
    const int page = ::getpagesize();
    ::mprotect(memory + page, static_cast<std::size_t>(page), PROT_NONE);
    const int before = openFiles();
    for (const auto& each : known) {
        const int fd = each.onDevice ? device : session;
        SAME(raw::control(fd, each.command, nullptr), -EFAULT);
        SAME(raw::control(fd, each.command, memory + page), -EFAULT);
        SAME(raw::control(fd, each.command, memory + page - 2), -EFAULT);
        char* across = memory + page - 8;
        std::memcpy(across, &each.size, sizeof each.size);
        SAME(raw::control(fd, each.command, across), -EFAULT);
    }
    SAME(openFiles(), before);
}

SCENARIO(readOnlyMemoryLeavesNothingBehind) {
    const int device = raw::openDevice();
    char* memory = twoPages();
    raw::NamedSession arguments = {sizeof arguments, -1, "readonly"};
    std::memcpy(memory, &arguments, sizeof arguments);
    ::mprotect(memory, static_cast<std::size_t>(::getpagesize()), PROT_READ);
    const int before = openFiles();
    SAME(raw::control(device, raw::createSession, memory), -EFAULT);
    SAME(openFiles(), before);
    HOLDS(raw::create(device, "readonly") >= 0);
}

SCENARIO(preserveIntoReadOnlyMemoryStays) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "stays");
    const int file = raw::memfd("x");
    char* memory = twoPages();
    raw::SessionFd arguments = {sizeof arguments, file, 1};
    std::memcpy(memory, &arguments, sizeof arguments);
    ::mprotect(memory, static_cast<std::size_t>(::getpagesize()), PROT_READ);
    // The kernel answers only after the deed, and does not take it back.
    SAME(raw::control(session, raw::preserveFd, memory), -EFAULT);
    SAME(raw::preserve(session, raw::memfd("y"), 1), -EEXIST);
}

SCENARIO(unknownNumbers) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "numbers");
    Sized arguments;
    arguments.size = 72;
    for (const unsigned nr : {0x02u, 0x3fu, 0x40u, 0xffu})
        SAME(raw::control(device, _IO(0xBA, nr), &arguments), -EINVAL);
    for (const unsigned nr : {0x00u, 0x01u, 0x3fu, 0x44u, 0xffu})
        SAME(raw::control(session, _IO(0xBA, nr), &arguments), -EINVAL);
    SAME(raw::control(device, _IOWR(0xBA, 0, raw::NamedSession), &arguments), -ENOTTY);
    SAME(raw::control(session, _IOWR(0xBA, 0x40, raw::SessionFd), &arguments), -ENOTTY);
}

SCENARIO(otherFilesAreNotSessions) {
    Sized arguments;
    arguments.size = 16;
    SAME(raw::control(-1, raw::preserveFd, &arguments), -EBADF);
    SAME(raw::control(999, raw::preserveFd, &arguments), -EBADF);
    SAME(raw::control(raw::memfd("x"), raw::preserveFd, &arguments), -ENOTTY);
    int ends[2];
    SAME(::pipe(ends), 0);
    SAME(raw::control(ends[0], raw::createSession, &arguments), -ENOTTY);
}

SCENARIO(badNames) {
    const int device = raw::openDevice();
    SAME(raw::create(device, ""), -EINVAL);
    SAME(raw::create(device, std::string(64, 'x')), -EINVAL);
    HOLDS(raw::create(device, std::string(63, 'x')) >= 0);
    HOLDS(raw::create(device, "\xff\xfe/..\n\"") >= 0);
    SAME(raw::create(device, "\xff\xfe/..\n\""), -EEXIST);
    SAME(raw::retrieve(device, ""), -ENOENT);
}

SCENARIO(badFilesToPreserve) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "files");
    SAME(raw::preserve(session, -1, 0), -EBADF);
    SAME(raw::preserve(session, 999, 0), -EBADF);
    SAME(raw::preserve(session, ::open("/dev/null", O_RDWR), 0), -ENOENT);
    SAME(raw::preserve(session, ::open("/", O_PATH), 0), -EBADF);
    SAME(raw::preserve(session, session, 0), -ENOENT);
    SAME(raw::preserve(session, device, 0), -ENOENT);
    int ends[2];
    SAME(::pipe(ends), 0);
    SAME(raw::preserve(session, ends[0], 0), -ENOENT);
    const int file = raw::memfd("x");
    SAME(raw::preserve(session, file, ~std::uint64_t{0}), 0);
    SAME(raw::preserve(session, file, 1), -EBUSY);
    SAME(raw::preserve(session, ::dup(file), 1), -EBUSY);
    SAME(raw::preserve(session, -1, ~std::uint64_t{0}), -EEXIST);
}

SCENARIO(badImages) {
    const int image = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    SAME(raw::kexecFileLoad(image, -1, "", 1, 0x8000), -EINVAL);
    SAME(raw::kexecFileLoad(-1, -1, "", 1, raw::fileNoInitramfs), -EBADF);
    SAME(raw::kexecFileLoad(image, -1, "", 1, 0), -EBADF);
    SAME(raw::kexecFileLoad(raw::memfd(""), -1, "", 1, raw::fileNoInitramfs), -EINVAL);
    SAME(raw::kexecFileLoad(::open("/", O_RDONLY), -1, "", 1, raw::fileNoInitramfs), -EINVAL);
    SAME(raw::kexecFileLoad(image, -1, "abc", 3, raw::fileNoInitramfs), -EINVAL);
    SAME(raw::kexecFileLoad(image, -1, nullptr, 3, raw::fileNoInitramfs), -EFAULT);
    SAME(raw::kexecFileLoad(image, -1, nullptr, 0, raw::fileNoInitramfs), 0);
}

SCENARIO(badReboots) {
    SAME(raw::result(::syscall(SYS_reboot, 1, 2, LINUX_REBOOT_CMD_RESTART, nullptr)), -EINVAL);
    SAME(raw::reboot(0x12345678), -EINVAL);
    SAME(raw::reboot(LINUX_REBOOT_CMD_CAD_OFF), 0);
}

SCENARIO(noDescriptorLeft) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        HOLDS(raw::create(device, "kept") >= 0);
        kexec();
    }
    std::vector<int> all;
    for (int fd; (fd = ::dup(0)) >= 0;)
        all.push_back(fd);
    SAME(raw::create(device, "none"), -EMFILE);
    SAME(raw::retrieve(device, "kept"), -EMFILE);
    ::close(all.back());
    const int kept = raw::retrieve(device, "kept");
    HOLDS(kept >= 0);
    ::close(all[all.size() - 2]);
    HOLDS(raw::create(device, "none") >= 0);
}

SCENARIO(readingASessionDoesNotHang) {
    const int session = raw::create(raw::openDevice(), "quiet");
    char byte;
    HOLDS(::read(session, &byte, 1) < 0);
    HOLDS(::write(session, &byte, 1) < 0);
}
