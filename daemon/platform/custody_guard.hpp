// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"
#include "core/unique_fd.hpp"
#include "platform/held_list.hpp"

#include <cstddef>
#include <span>
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
//
// While the machine goes over nothing lies in the fd store (each fd in it costs PID 1 milliseconds), and the guard looks
// after all that luod holds: see holdAll().
class CustodyGuard {
    struct Slot;
    struct Table;
    class Watch;

public:
    using Held = platform::Held;
    using NameOf = SessionNameOf;
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
    // `departing`: a file that is there while the service manager is about to end; must live as long as the guard.
    static core::Errno<CustodyGuard> start(NameOf nameOf = &sessionName, const char* departing = nullptr);
    CustodyGuard(CustodyGuard&& other) noexcept;
    CustodyGuard& operator=(CustodyGuard&& other) = delete;
    ~CustodyGuard(); // ends the child

    // Announce before the kernel is asked for the session; drop the Cover once its fd is stored (sent is enough: no
    // need to settle). Any thread. Must not outlive the guard. ENOSPC where all slots are taken, EINVAL where a name
    // does not fit.
    core::Errno<Cover> cover(std::string_view kernelName, std::string_view storeName);

    // From here on, until release(): should luod die, the guard stores all of these. Where the service manager cannot be
    // made to take them (it has become systemd-shutdown), or is about to end, the guard stays and holds them itself,
    // until the kernel is replaced. Those before are forgotten. After an error all is as it was.
    core::Errno<> holdAll(std::span<const Held> all);
    void release();

    pid_t pid() const { return pid_; } // 0: no child

private:
    CustodyGuard() = default;
    core::Errno<> prepare();

    Table* table_ = nullptr; // shared with the child
    pid_t pid_ = 0;
    core::UniqueFd self_, socket_; // for the child, who may find the table of fds full
    core::UniqueFd held_;          // the list of what is held for the crossing
    NameOf nameOf_ = nullptr;
};

} // namespace luod::platform
