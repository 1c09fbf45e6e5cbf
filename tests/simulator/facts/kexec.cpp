// SPDX-License-Identifier: LGPL-2.1-or-later
#include "facts.hpp"

namespace facts {
namespace {

void loadFacts() {
    const int junk = raw::memfd("this is no kernel");
    fact("load.unknown-flag", raw::kexecFileLoad(junk, -1, "x", 2, 0x80000));
    fact("load.bad-kernel-fd", raw::kexecFileLoad(-1, -1, "x", 2, raw::fileNoInitramfs));
    fact("load.directory", raw::kexecFileLoad(::open("/", O_RDONLY), -1, "x", 2, raw::fileNoInitramfs));
    fact("load.empty-file", raw::kexecFileLoad(raw::memfd(""), -1, "x", 2, raw::fileNoInitramfs));
    fact("load.pipe", [] {
        int ends[2];
        return ::pipe(ends) ? -1L : raw::kexecFileLoad(ends[0], -1, "x", 2, raw::fileNoInitramfs);
    }());
    fact("load.no-kernel", raw::kexecFileLoad(junk, -1, "x", 2, raw::fileNoInitramfs));
    fact("load.unload", raw::kexecFileLoad(-1, -1, nullptr, 0, raw::fileUnload));
    fact("load.kexec-load-too-many-segments", raw::result(::syscall(SYS_kexec_load, 0, 17, nullptr, 0)));
    fact("load.kexec-load-bad-segments", raw::result(::syscall(SYS_kexec_load, 0, 1, nullptr, 0)));
    fact("load.kexec-load-nothing", raw::result(::syscall(SYS_kexec_load, 0, 0, nullptr, 0)));
}

} // namespace

void kexecFacts() {
    const std::string loaded = raw::readFile("/sys/kernel/kexec_loaded");
    truth("kexec.command-line-says-liveupdate",
          raw::readFile("/proc/cmdline").find("liveupdate=") != std::string::npos);
    number("kexec.boot-id-length", raw::readFile("/proc/sys/kernel/random/boot_id").size());
    // With an image loaded these would take it away, or reboot.
    if (loaded != "0\n") {
        fact("kexec.loaded", skipped);
        return;
    }
    fact("kexec.loaded", "0");
    loadFacts();
    fact("reboot.kexec-without-image", raw::reboot(LINUX_REBOOT_CMD_KEXEC));
    fact("reboot.unknown-command", raw::reboot(0x12345678));
    fact("reboot.bad-magic", raw::result(::syscall(SYS_reboot, 1, 2, LINUX_REBOOT_CMD_RESTART, nullptr)));
    fact("reboot.bad-second-magic",
         raw::result(::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, 2, LINUX_REBOOT_CMD_RESTART, nullptr)));
    const int device = raw::openDevice();
    const int session = raw::create(device, "after-refusal");
    fact("reboot.sessions-work-after-refusal", raw::preserve(session, raw::memfd("x"), 1));
    ::close(session);
    ::close(device);
}

} // namespace facts
