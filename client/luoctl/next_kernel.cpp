// SPDX-License-Identifier: LGPL-2.1-or-later
#include "next_kernel.hpp"

#include "cmdline.hpp"
#include "content.hpp"
#include "failure.hpp"
#include "output.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace luoctl {
namespace {

off_t sizeOf(const Fd& file) {
    struct stat status {};
    if (fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode))
        throw local("cannot use the initrd", EINVAL);
    return status.st_size;
}

// A second, read-only description of the file, so that the writing one can go.
Fd withoutWriters(Fd file) {
    Fd reading{open(fmt::format("/proc/self/fd/{}", file.get()).c_str(), O_RDONLY | O_CLOEXEC)};
    if (reading.get() < 0)
        throw local("cannot open a memfd again", errno);
    return reading;
}

} // namespace

Fd openForReading(const std::string& path) {
    Fd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (fd.get() < 0)
        throw local(fmt::format("cannot open {}", path), errno);
    return fd;
}

NextKernel kernelOfFiles(const std::string& kernel, const std::vector<std::string>& initrds) {
    NextKernel next{.kernel = openForReading(kernel), .kernelPath = kernel, .cmdline = runningCmdline()};
    for (const std::string& initrd : initrds)
        next.initrds.push_back(openForReading(initrd));
    next.initrdPaths = fmt::format("{}", fmt::join(initrds, " "));
    return next;
}

void applyCmdline(NextKernel& next, const Options& options) {
    if (options.cmdline && options.reuseCmdline)
        throw usage("--cmdline and --reuse-cmdline exclude each other");
    if (options.cmdline)
        next.cmdline = *options.cmdline;
    else if (options.reuseCmdline)
        next.cmdline = runningCmdline();
    if (options.append)
        next.cmdline += (next.cmdline.empty() ? "" : " ") + *options.append;
}

Fd fileWith(const std::string& name, std::string_view content) {
    Fd file{memfd_create(name.c_str(), MFD_CLOEXEC)};
    if (file.get() < 0)
        throw local("cannot make a memfd", errno);
    if (int r = writeAll(file.get(), content); r < 0)
        throw local("cannot fill a memfd", -r);
    return withoutWriters(std::move(file));
}

Fd together(const std::vector<Fd>& initrds) {
    Fd all{memfd_create("initrd", MFD_CLOEXEC)};
    if (all.get() < 0)
        throw local("cannot make a memfd", errno);
    for (const Fd& initrd : initrds) {
        off_t end = lseek(all.get(), 0, SEEK_CUR) + sizeOf(initrd);
        writeContent(initrd.get(), all.get());
        end = (end + 3) & ~off_t(3);
        if (ftruncate(all.get(), end) < 0 || lseek(all.get(), end, SEEK_SET) < 0)
            throw local("cannot put the initrds together", errno);
    }
    return withoutWriters(std::move(all));
}

} // namespace luoctl
