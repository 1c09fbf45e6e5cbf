// SPDX-License-Identifier: LGPL-2.1-or-later
#include "replace_file.hpp"

#include "failure.hpp"
#include "luod.hpp"
#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

namespace luoctl {
namespace {

// 0, or a negative errno.
int fill(int fd, std::string_view content, const std::string& aside, const std::string& path) {
    if (int r = writeAll(fd, content); r < 0)
        return r;
    if (fchmod(fd, 0644) < 0 || rename(aside.c_str(), path.c_str()) < 0)
        return -errno;
    return 0;
}

} // namespace

void replaceFile(const std::string& path, std::string_view content) {
    std::string aside = path + ".XXXXXX"; // in the same directory, and not called *.prom
    Fd fd{mkostemp(aside.data(), O_CLOEXEC)};
    if (fd.get() < 0)
        throw local(fmt::format("cannot write beside {}", path), errno);
    if (int r = fill(fd.get(), content, aside, path); r < 0) {
        unlink(aside.c_str());
        throw local(fmt::format("cannot write {}", path), -r);
    }
}

} // namespace luoctl
