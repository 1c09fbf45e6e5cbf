// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"
#include "fds.hpp"

#include <expected>
#include <string>
#include <vector>

namespace luosim {

/// The kernel's word to whoever listens that a device came or went. A listener's netlink socket is one end of a pair of
/// ordinary ones; messages are the same.
class Uevents {
public:
    /// The end to give away.
    std::expected<Fd, int> listen();
    bool isListener(const FileId& id) const;
    void tell(const std::string& message);
    void forgetAll() { listeners_.clear(); }

private:
    struct Listener {
        FileId id;
        Fd ours;
    };
    std::vector<Listener> listeners_;
};

/// "remove@/devices/...", and what belongs to it.
std::string removal(const std::string& device);

} // namespace luosim
