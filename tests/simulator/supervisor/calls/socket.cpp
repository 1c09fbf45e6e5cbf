// SPDX-License-Identifier: LGPL-2.1-or-later
#include "request.hpp"

#include <sys/socket.h>

// The one kind of socket that the simulator answers for: one that listens for the kernel's uevents. Only where there are
// made-up devices, for then those of the real machine are not there.

namespace luosim {

Decoded decodeSocket(Machine& machine, const Call& call) {
    if (machine.devices().empty())
        return failed(passOn);
    const auto end = machine.uevents().listen();
    if (!end)
        return failed(end.error());
    const auto number = call.addFd(end->get(), call.intArgument(1) & SOCK_CLOEXEC);
    return number ? Outcome(*number) : failed(number.error());
}

Decoded decodeBind(Machine& machine, const Call& call) {
    const auto id = fileIdOf(call.thread(), call.intArgument(0));
    return id && machine.uevents().isListener(*id) ? Outcome(0) : failed(passOn);
}

} // namespace luosim
