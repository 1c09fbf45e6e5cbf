// SPDX-License-Identifier: LGPL-2.1-or-later
// What a kexec carries over, and what it does not.

#include "scenario.hpp"

#include <sys/mman.h>

using namespace scenario;

SCENARIO(twoBoots) {
    const int device = raw::openDevice();
    HOLDS(device >= 0);
    if (boot() == 1) {
        const int session = raw::create(device, "web");
        HOLDS(session >= 0);
        const int file = raw::memfd("state of the web");
        SAME(raw::preserve(session, file, 7), 0);
        ::close(file);
        kexec();
    }
    SAME(raw::retrieve(device, "shop"), -ENOENT);
    const int session = raw::retrieve(device, "web");
    HOLDS(session >= 0);
    SAME(raw::retrieve(device, "web"), -EINVAL);
    SAME(raw::retrieveFile(session, 8), -ENOENT);
    const int file = raw::retrieveFile(session, 7);
    HOLDS(file >= 0);
    SAME(raw::contentOf(file), std::string("state of the web"));
    SAME(raw::finish(session), 0);
}

SCENARIO(contentIsTakenAtTheJump) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        const int session = raw::create(device, "late");
        const int file = raw::memfd("early");
        SAME(raw::preserve(session, file, 0), 0);
        SAME(::pwrite(file, "LATER", 5, 0), 5);
        SAME(::lseek(file, 3, SEEK_SET), 3);
        kexec();
    }
    const int file = raw::retrieveFile(raw::retrieve(device, "late"), 0);
    SAME(::lseek(file, 0, SEEK_CUR), 3);
    SAME(raw::contentOf(file), std::string("LATER"));
}

SCENARIO(sealsTravel) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        const int session = raw::create(device, "sealed");
        const int file = raw::memfd("wax");
        SAME(::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
        SAME(raw::preserve(session, file, 0), 0);
        kexec();
    }
    const int file = raw::retrieveFile(raw::retrieve(device, "sealed"), 0);
    SAME(::fcntl(file, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_GROW);
    SAME(raw::contentOf(file), std::string("wax"));
    SAME(::pwrite(file, "x", 1, 0), -1);
}

SCENARIO(holesAreFilled) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "sparse");
    const int file = raw::memfd("");
    SAME(::ftruncate(file, 1 << 20), 0);
    struct stat status;
    SAME(::fstat(file, &status), 0);
    SAME(status.st_blocks, 0);
    SAME(raw::preserve(session, file, 0), 0);
    SAME(::fstat(file, &status), 0);
    SAME(status.st_blocks, (1 << 20) / 512);
}

SCENARIO(sizeIsFixedWhilePreserved) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "fixed");
    const int file = raw::memfd("12345678");
    SAME(raw::preserve(session, file, 0), 0);
    SAME(raw::result(::ftruncate(file, 4)), -EPERM);
    SAME(raw::result(::ftruncate(file, 16)), -EPERM);
    SAME(raw::result(::ftruncate(file, 8)), 0);
    SAME(raw::result(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4)), -EPERM);
    ::close(session);
    SAME(raw::result(::ftruncate(file, 4)), 0);
}

SCENARIO(kexecLoadLosesAllSilently) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        const int session = raw::create(device, "lost");
        SAME(raw::preserve(session, raw::memfd("gone"), 0), 0);
        struct {
            const void* buffer;
            std::size_t bufferSize;
            std::uint64_t memory;
            std::size_t memorySize;
        } segment = {"x", 1, 0x100000, 4096};
        SAME(raw::result(::syscall(SYS_kexec_load, 0x100000, 1, &segment, 0)), 0);
        SAME(raw::reboot(LINUX_REBOOT_CMD_KEXEC), 0);
    }
    SAME(boot(), 2);
    SAME(raw::retrieve(device, "lost"), -ENOENT);
}

SCENARIO(rebootNeedsAnImage) {
    SAME(raw::reboot(LINUX_REBOOT_CMD_KEXEC), -EINVAL);
}

SCENARIO(ordinaryRebootIsCold) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        SAME(raw::preserve(raw::create(device, "cold"), raw::memfd("cold"), 0), 0);
        SAME(raw::reboot(LINUX_REBOOT_CMD_RESTART), 0);
    }
    SAME(raw::retrieve(device, "cold"), -ENOENT);
}

SCENARIO(powerOffEndsIt) {
    SAME(boot(), 1);
    SAME(raw::reboot(LINUX_REBOOT_CMD_POWER_OFF), 0);
}

SCENARIO(everyBootHasItsOwnFiles) {
    const std::string id = raw::readFile("/proc/sys/kernel/random/boot_id");
    SAME(id.size(), 37u);
    if (boot() == 1) {
        SAME(raw::readFile("/proc/cmdline"), std::string("root=/dev/vda rw kho=on liveupdate=on\n"));
        SAME(raw::readFile("/sys/kernel/kexec_loaded"), std::string("0\n"));
        const std::string line = "console=ttyS0 liveupdate=on first=" + id.substr(0, 36);
        const int image = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        SAME(raw::kexecFileLoad(image, -1, line.c_str(), line.size() + 1, raw::fileNoInitramfs), 0);
        SAME(raw::readFile("/sys/kernel/kexec_loaded"), std::string("1\n"));
        SAME(raw::kexecFileLoad(-1, -1, nullptr, 0, raw::fileUnload), 0);
        SAME(raw::readFile("/sys/kernel/kexec_loaded"), std::string("0\n"));
        kexec(line);
    }
    const std::string line = raw::readFile("/proc/cmdline");
    HOLDS(line.starts_with("console=ttyS0 liveupdate=on first="));
    HOLDS(line.find(id.substr(0, 36)) == std::string::npos);
    SAME(raw::readFile("/sys/kernel/kexec_loaded"), std::string("0\n"));
}

SCENARIO(withoutLiveupdateOnTheCommandLineThereIsNoDevice) {
    if (boot() == 1) {
        ::close(raw::openDevice());
        kexec("root=/dev/vda");
    }
    SAME(raw::openDevice(), -ENOENT);
    SAME(::access("/dev/liveupdate", F_OK), -1);
}

SCENARIO(unretrievedSessionsAreNotCarriedOn) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        HOLDS(raw::create(device, "once") >= 0);
        kexec();
    }
    if (boot() == 2)
        kexec();
    SAME(raw::retrieve(device, "once"), -ENOENT);
}
