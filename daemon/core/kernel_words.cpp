// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/kernel_words.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace luod::core {
namespace {

std::string said(int err) { return fmt::format("the kernel said: {}", std::strerror(err)); }

// Errors of opening the device: create and retrieve of a session share them.
Error deviceRefused(int err, std::string_view doing) {
    switch (err) {
    case ENODEV:
    case ENXIO:
        return {Errc::Unavailable,
                fmt::format("{}: this kernel has no /dev/liveupdate: boot with kho=on liveupdate=on, on a kernel built "
                            "with CONFIG_LIVEUPDATE",
                            doing),
                err};
    case EACCES:
    case EPERM:
        return {Errc::Unavailable,
                fmt::format("{}: luod may not open /dev/liveupdate: see luod's udev rule and tmpfiles.d entry", doing), err};
    case EBUSY:
        return {Errc::Busy, fmt::format("{}: another program has /dev/liveupdate open; try again", doing), err};
    case EIO:
        return {Errc::Unavailable,
                fmt::format("{}: what the previous kernel handed over cannot be read by this one; that lasts until the "
                            "next boot",
                            doing),
                err};
    case EMFILE:
        return {Errc::LimitReached, fmt::format("{}: no file descriptors are left; raise LimitNOFILE= of luod.service", doing),
                err};
    case ENFILE:
        return {Errc::LimitReached,
                fmt::format("{}: the machine has no file descriptors left; raise fs.file-max, see sysctl(8)", doing), err};
    default:
        return {Errc::KernelRefused, fmt::format("{}: {}", doing, said(err)), err};
    }
}

} // namespace

std::string describe(const File& file) {
    return file.name.empty() ? fmt::format("file {}", file.token) : fmt::format("file {} '{}'", file.token, file.name);
}

std::string whyInvalid(const File& file) {
    return fmt::format("its device {}was unplugged", file.pciAddress.empty() ? "" : file.pciAddress + " ");
}

Error createRefused(int err, const Session& session) {
    std::string doing = fmt::format("session '{}' cannot be created", session.name);
    switch (err) {
    case EEXIST:
        return {Errc::NameTaken,
                fmt::format("{}: the kernel still has a session '{}'; somebody holds its file descriptor", doing,
                            session.kernelName),
                err};
    case ENOMEM:
    case ENOSPC:
        return {Errc::LimitReached,
                fmt::format("{}: the kernel takes no more sessions (Linux before 7.2 takes 744, luod's own among them); "
                            "discard some",
                            doing),
                err};
    default:
        return deviceRefused(err, doing);
    }
}

Error retrieveSessionRefused(int err, const Session& session) {
    std::string doing = fmt::format("session '{}' of uid {} cannot be retrieved", session.name, session.owner);
    switch (err) {
    case ENOENT:
        return {Errc::Lost, fmt::format("{}: the kernel was not handed a session '{}'", doing, session.kernelName), err};
    case EINVAL:
        return {Errc::Lost, fmt::format("{}: another program has retrieved '{}' already", doing, session.kernelName), err};
    default:
        return deviceRefused(err, doing);
    }
}

Error preserveRefused(int err, const File& file) {
    std::string doing = fmt::format("{} cannot be preserved", describe(file));
    switch (err) {
    case ENOENT:
    case EBADF: // luod has it open, so it was opened with O_PATH
        return {Errc::KindNotSupported,
                fmt::format("{}: this kernel has no handler for a file of kind {} ({})", doing, word(file.kind), said(err)),
                err};
    case EEXIST:
        return {Errc::TokenTaken, fmt::format("{}: the kernel's session holds a file under that token already", doing), err};
    case EBUSY:
        return {Errc::AlreadyPreserved, fmt::format("{}: a session holds it already", doing), err};
    case EFBIG:
        return {Errc::LimitReached, fmt::format("{}: it is too large for this kernel", doing), err};
    case ENOSPC:
        return {Errc::LimitReached, fmt::format("{}: the kernel takes no more files in this session (Linux before 7.2 takes 128); "
                                                "use another one",
                                                doing),
                err};
    case ENOMEM:
        return {Errc::LimitReached, fmt::format("{}: no memory is left for it", doing), err};
    case EOPNOTSUPP:
        return {Errc::KindNotSupported, fmt::format("{}: it carries seals that this kernel cannot hand over (Linux before 7.2 may drop any)", doing),
                err};
    default:
        return {Errc::KernelRefused, fmt::format("{}: {}", doing, said(err)), err};
    }
}

Error retrieveRefused(int err, Token token) {
    std::string doing = fmt::format("file {} cannot be retrieved", token);
    switch (err) {
    case ENOENT:
        return {Errc::NoSuchFile, fmt::format("{}: the kernel was not handed a file under that token", doing), err};
    case EMFILE:
    case ENFILE:
        return {Errc::LimitReached, fmt::format("{}: no file descriptors are left; try again later", doing), err};
    default:
        return {Errc::KernelRefused, fmt::format("{}: {}", doing, said(err)), err};
    }
}

Error finishRefused(int err, const Session& session) {
    if (err == EBUSY)
        return {Errc::Busy,
                fmt::format("session '{}' cannot be finished yet: a device in it is not in use again (for VFIO: not bound to "
                            "its iommufd)",
                            session.name),
                err};
    return {Errc::KernelRefused, fmt::format("session '{}' cannot be finished: {}", session.name, said(err)), err};
}

} // namespace luod::core
