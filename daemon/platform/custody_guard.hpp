// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"
#include "core/unique_fd.hpp"

#include <cstddef>
#include <string_view>
#include <sys/types.h>
#include <utility>

namespace luod::platform {

// Closing the last fd of a retrieved session throws away what was not retrieved from it. luod killed between retrieving
// a session and storing its fd would do just that. The guard is a child with its own memory but luod's table of fds, in
// which it sees every fd from the moment the kernel puts it there. It sleeps until luod dies; then it stores the fds of
// the sessions that were announced to it, waits until the service manager has them, and exits.
//
// Start it before any other thread (it is a fork without exec). The service manager takes messages from it only with
// NotifyAccess=all. It knows a session's fd by its link in /proc, so kernel names must be short enough for that (38).
class CustodyGuard {
    struct Slot;

public:
    // Writes the session's kernel name with a NUL; false where fd is no session. Runs in the child of a dead process:
    // system calls only.
    using NameOf = bool (*)(int fd, char* name, std::size_t size) noexcept;
    static bool sessionName(int fd, char* name, std::size_t size) noexcept;

    static constexpr std::size_t slots = 64;

    // While this lives, a session retrieved under that kernel name is looked after.
    class Cover {
    public:
        Cover() = default;
        Cover(Cover&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
        Cover& operator=(Cover&& other) noexcept {
            std::swap(slot_, other.slot_);
            return *this;
        }
        ~Cover();

    private:
        friend class CustodyGuard;
        Slot* slot_ = nullptr;
    };

    // Where there is no $NOTIFY_SOCKET there is nothing to guard into: started, but no child. Errors: those of clone,
    // mmap and pidfd_open.
    static core::Errno<CustodyGuard> start(NameOf nameOf = &sessionName);
    CustodyGuard(CustodyGuard&& other) noexcept;
    CustodyGuard& operator=(CustodyGuard&& other) = delete;
    ~CustodyGuard(); // ends the child

    // Announce before the kernel is asked for the session; drop the Cover once its fd is stored (sent is enough: no
    // need to settle). Any thread. Must not outlive the guard. ENOSPC where all slots are taken, EINVAL where a name
    // does not fit.
    core::Errno<Cover> cover(std::string_view kernelName, std::string_view storeName);

    pid_t pid() const { return pid_; } // 0: no child

private:
    CustodyGuard() = default;

    Slot* table_ = nullptr; // shared with the child
    pid_t pid_ = 0;
    core::UniqueFd self_, socket_; // for the child, who may find the table of fds full
};

} // namespace luod::platform
