// SPDX-License-Identifier: LGPL-2.1-or-later
#include "request.hpp"

#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

namespace luosim {
namespace {

constexpr std::uint64_t fileUnload = 1;
constexpr std::uint64_t fileOnCrash = 2;
constexpr std::uint64_t fileNoInitramfs = 4;
constexpr std::uint64_t fileFlags = 0x3f;
constexpr std::uint64_t longestCommandLine = 2048;

/// A kernel or initrd must be a regular file with something in it. That it is a bootable one nobody asks here.
int checkImageFile(pid_t thread, int fd) {
    const auto file = takeFd(thread, fd);
    if (!file)
        return EBADF;
    const int flags = fcntl(file->get(), F_GETFL);
    if ((flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
        return EBADF;
    struct stat status;
    if (fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return EINVAL;
    return 0;
}

std::expected<std::string, int> readCommandLine(const Call& call) {
    const std::uint64_t length = call.argument(2);
    if (length == 0)
        return std::string();
    if (length > longestCommandLine)
        return std::unexpected(EINVAL);
    std::string line(length, '\0');
    if (const int error = call.memory().read(call.argument(3), std::as_writable_bytes(std::span(line))))
        return std::unexpected(error);
    if (line.back() != '\0')
        return std::unexpected(EINVAL);
    line.resize(line.find('\0'));
    return line;
}

Outcome loadFile(Machine& machine, const Call& call) {
    const auto flags = call.argument(4);
    if (const int injected = machine.faults().strikeErrno({model::Point::load}))
        return failed(injected);
    if (flags & fileUnload) {
        if (!(flags & fileOnCrash))
            machine.loadImage({});
        return 0;
    }
    if (const int error = checkImageFile(call.thread(), call.intArgument(0)))
        return failed(error);
    if (!(flags & fileNoInitramfs)) {
        if (const int error = checkImageFile(call.thread(), call.intArgument(1)))
            return failed(error);
    }
    const auto line = readCommandLine(call);
    if (!line)
        return failed(line.error());
    if (!(flags & fileOnCrash))
        machine.loadImage({model::KexecImage::kexecFileLoad, *line});
    return 0;
}

Outcome loadSegments(Machine& machine, const Call& call) {
    const auto flags = call.argument(3);
    if (flags & ~std::uint64_t{KEXEC_ARCH_MASK | 0xf})
        return failed(EINVAL);
    if (const int injected = machine.faults().strikeErrno({model::Point::load}))
        return failed(injected);
    const auto count = call.argument(1);
    if (count > KEXEC_SEGMENT_MAX)
        return failed(EINVAL);
    std::vector<kexec_segment> segments(count);
    if (const int error = call.memory().read(call.argument(2), std::as_writable_bytes(std::span(segments))))
        return failed(error);
    // Such an image brings its command line inside: nobody can read it, so the present one stands for it.
    if (!(flags & KEXEC_ON_CRASH))
        machine.loadImage(count == 0 ? LoadedImage{}
                                     : LoadedImage{model::KexecImage::kexecLoad, machine.commandLine()});
    return 0;
}

bool magicIsRight(const Call& call) {
    const auto second = static_cast<std::uint32_t>(call.argument(1));
    return static_cast<std::uint32_t>(call.argument(0)) == LINUX_REBOOT_MAGIC1 &&
           (second == LINUX_REBOOT_MAGIC2 || second == LINUX_REBOOT_MAGIC2A || second == LINUX_REBOOT_MAGIC2B ||
            second == LINUX_REBOOT_MAGIC2C);
}

Outcome end(Machine& machine, Ending ending) {
    machine.endWith(ending);
    return failed(model::callBlocks);
}

Outcome reboot(Machine& machine, std::uint32_t command) {
    switch (command) {
    case LINUX_REBOOT_CMD_KEXEC: {
        const int error = machine.kexec();
        return failed(error ? error : model::callBlocks);
    }
    case LINUX_REBOOT_CMD_RESTART:
    case LINUX_REBOOT_CMD_RESTART2:
        return end(machine, Ending::restart);
    case LINUX_REBOOT_CMD_HALT:
    case LINUX_REBOOT_CMD_POWER_OFF:
        return end(machine, Ending::powerOff);
    case LINUX_REBOOT_CMD_CAD_ON:
    case LINUX_REBOOT_CMD_CAD_OFF:
        return 0;
    default:
        return failed(EINVAL);
    }
}

} // namespace

Decoded decodeKexecFileLoad(Machine& machine, const Call& call) {
    if (call.argument(4) & ~fileFlags)
        return failed(EINVAL);
    return Request{model::Point::load, {}, {}, "load an image with kexec_file_load", [&machine](const Call& caller) {
                       return loadFile(machine, caller);
                   }};
}

Decoded decodeKexecLoad(Machine& machine, const Call& call) {
    (void)call;
    return Request{model::Point::load, {}, {}, "load an image with kexec_load", [&machine](const Call& caller) {
                       return loadSegments(machine, caller);
                   }};
}

Decoded decodeReboot(Machine& machine, const Call& call) {
    if (!magicIsRight(call))
        return failed(EINVAL);
    const auto command = static_cast<std::uint32_t>(call.argument(2));
    return Request{model::Point::reboot,
                   {},
                   {},
                   command == LINUX_REBOOT_CMD_KEXEC ? "reboot into the loaded image" : "reboot",
                   [&machine, command](const Call&) { return reboot(machine, command); }};
}

} // namespace luosim
