// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"

#include <sys/types.h>

#include <compare>
#include <expected>
#include <optional>
#include <string>

struct stat;

namespace luosim {

/// What makes a file the same file, whoever holds it under whatever number.
struct FileId {
    dev_t device;
    ino_t inode;
    auto operator<=>(const FileId&) const = default;
};

FileId fileId(const struct stat& status);
std::optional<FileId> fileId(int fd);

/// The file behind descriptor number fd of a thread; right for dup, fork, SCM_RIGHTS and private descriptor tables.
std::optional<FileId> fileIdOf(pid_t thread, int fd);

/// "/proc/THREAD/fd/NUMBER"
std::string fdPath(pid_t thread, int fd);

/// Our own reference to the open file description behind a thread's descriptor, or EBADF.
std::expected<Fd, int> takeFd(pid_t thread, int fd);

/// A second description of an open file, with its own position and the given mode.
Fd reopen(int fd, int flags);

/// The process that a thread belongs to.
pid_t processOf(pid_t thread);

} // namespace luosim
