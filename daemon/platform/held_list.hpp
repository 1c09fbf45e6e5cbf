// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"
#include "core/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>

namespace luod::platform {

// One of the fds that lie nowhere but in luod while the machine goes over.
struct Held {
    std::string storeName; // under which the guard would store it
    int fd = -1;
};

// Writes the session's kernel name with a NUL; false where fd is no session. Runs in the child of a dead process, too:
// system calls only.
using SessionNameOf = bool (*)(int fd, char* name, std::size_t size) noexcept;

// What the guard must know of them, one entry each, in the order of their numbers. It is written before and read after
// luod's death, by numbers, since both share the table of fds; each entry can tell whether its number still means the
// same file.
struct HeldEntry {
    std::int32_t fd = -1;
    std::uint64_t device = 0, inode = 0;
    std::array<char, 64> kernelName{}; // of a session: all of them share one inode; "" for other files
    std::array<char, 256> storeName{}; // "": only to be kept open
};

// A memfd: as large as need be, and in luod's table of fds, where the guard finds it.
// EINVAL where a name does not fit, EBADF where there is no such fd; or the errno of the kernel.
// `kept` are further fds that the guard needs for itself.
core::Errno<core::UniqueFd> writeHeldList(std::span<const Held> all, std::span<const int> kept, SessionNameOf nameOf);

// For the guard, with system calls only. False at the end of the list.
bool readHeld(int list, std::size_t index, HeldEntry& entry) noexcept;
bool isStill(const HeldEntry& entry, SessionNameOf nameOf) noexcept;
// Closes every fd that is not in the list.
void closeAllBut(int list) noexcept;

} // namespace luod::platform
