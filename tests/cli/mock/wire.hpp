// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What goes over the socket that the mock lends as a "session descriptor": a request, with the file in SCM_RIGHTS where
// there is one, and an answer likewise.

#include <cstdint>

namespace mock {

struct Request {
    uint64_t number; // the ioctl's
    uint64_t token;
};
struct Answer {
    int error; // 0 or a negative errno
};

// Both return the bytes or a negative errno; fd is -1 for none.
int sendWith(int socket, const void* data, unsigned size, int fd);
int receiveWith(int socket, void* data, unsigned size, int& fd);

} // namespace mock
