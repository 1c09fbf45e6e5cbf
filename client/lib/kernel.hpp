// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What the library does with the kernel itself, on a borrowed session descriptor.

#include "fd.hpp"

#include <cstdint>
#include <string>

struct luod_client;

namespace luod::client {

int borrow(luod_client& client, const char* session, Fd& into);

// Linux before 7.2 accepts what it then loses: files for an incoming session, a file twice, seals. There luod makes the
// calls, who keeps the rules by itself. The sign is that such a kernel has no GET_NAME.
bool keepsRules(int session);

// What a descriptor refers to, in org.luod1's words ("memfd", "vfio-cdev", ...), and its size in bytes.
struct Kind {
    std::string name;
    uint64_t size = 0;
};
int kindOf(int fd, Kind& into);
// Made with MFD_NOEXEC_SEAL: every kernel takes it, and the next gives it back sealed against writing.
bool comesBackUnwritable(int fd);

// The kernel's answer to PRESERVE_FD or RETRIEVE_FD, told as luod would have told it.
int failPreserve(luod_client& client, int error, uint64_t token, const std::string& kind);
int failRetrieve(luod_client& client, int error, uint64_t token);

} // namespace luod::client
