// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The kernel to be loaded, in the form in which it is handed over: two files and a command line.

#include "luod.hpp"

namespace luoctl {

struct NextKernel {
    Fd kernel;
    std::vector<Fd> initrds;             // in this order
    std::string kernelPath, initrdPaths; // for people
    std::string cmdline;
};

// For reading; throws.
Fd openForReading(const std::string& path);
// KERNEL and --initrd, with the running kernel's command line.
NextKernel kernelOfFiles(const std::string& kernel, const std::vector<std::string>& initrds);
// --cmdline, --reuse-cmdline and --append.
void applyCmdline(NextKernel& next, const Options& options);

// A file with that content. Like the next one's it has no writers: the kernel does not load what somebody could still
// change.
Fd fileWith(const std::string& name, std::string_view content);
// The initrds one after the other in one file, each beginning at a multiple of four as the kernel wants it.
Fd together(const std::vector<Fd>& initrds);

} // namespace luoctl
