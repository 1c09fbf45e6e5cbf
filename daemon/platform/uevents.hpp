// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"
#include "platform/event_loop.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace luod::platform {

// Hears from the kernel that devices are removed. The kernel's own messages and not udev's: those do not reach a service
// with PrivateNetwork=, and need a udevd that runs. Nothing in a message is relied upon, and some may be lost: it is a
// reason to look.
class Uevents {
public:
    // Calls `removed` for each removal in this subsystem, and where it may have missed one. Errors: errno.
    static core::Errno<Uevents> listen(EventLoop& loop, std::string subsystem, std::function<void()> removed);

private:
    core::UniqueFd socket_;
    EventSource source_;
};

// Whether this message, "remove@/devices/..." and then NAME=VALUE, each ended by a NUL, says that.
bool saysRemoved(std::string_view message, std::string_view subsystem);

} // namespace luod::platform
