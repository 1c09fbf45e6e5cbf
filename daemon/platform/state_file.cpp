// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/state_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace luod::platform {

using core::Errno;
using core::UniqueFd;

namespace {

constexpr std::size_t largest = 64 << 20;

Errno<> writeAll(int fd, std::string_view content) {
    while (!content.empty()) {
        ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return std::unexpected(errno);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(fd) == 0 ? Errno<>() : std::unexpected(errno);
}

} // namespace

Errno<UniqueFd> StateDirectory::open() const {
    UniqueFd directory(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory)
        return std::unexpected(errno);
    return directory;
}

Errno<> StateDirectory::write(const std::string& name, const std::string& content) const {
    auto directory = open();
    if (!directory)
        return std::unexpected(directory.error());
    std::string aside = name + ".new";
    UniqueFd file(::openat(directory->get(), aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file)
        return std::unexpected(errno);
    auto written = writeAll(file.get(), content);
    if (written && ::renameat(directory->get(), aside.c_str(), directory->get(), name.c_str()) != 0)
        written = std::unexpected(errno);
    if (!written) {
        ::unlinkat(directory->get(), aside.c_str(), 0);
        return written;
    }
    return ::fsync(directory->get()) == 0 ? written : std::unexpected(errno);
}

Errno<std::string> StateDirectory::read(const std::string& name) const {
    auto directory = open();
    if (!directory)
        return std::unexpected(directory.error());
    UniqueFd file(::openat(directory->get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file)
        return std::unexpected(errno);
    std::string content;
    char block[4096];
    ssize_t got;
    while ((got = ::read(file.get(), block, sizeof block)) > 0) {
        content.append(block, static_cast<std::size_t>(got));
        if (content.size() > largest)
            return std::unexpected(EFBIG);
    }
    if (got < 0)
        return std::unexpected(errno);
    return content;
}

Errno<> StateDirectory::remove(const std::string& name) const {
    auto directory = open();
    if (!directory)
        return directory.error() == ENOENT ? Errno<>() : std::unexpected(directory.error());
    if (::unlinkat(directory->get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return std::unexpected(errno);
    return ::fsync(directory->get()) == 0 ? Errno<>() : std::unexpected(errno);
}

} // namespace luod::platform
