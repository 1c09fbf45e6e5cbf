// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/session.hpp"

#include <string>

namespace luod::core {

// Who is calling, as far as that decides whose a session is. It has to mean the same in the next kernel: a uid, the name of
// a system service, a security label; never a pid, a cgroup's number or anything of one boot.
struct Identity {
    uid_t uid = uid_t(-1);
    std::string service; // the system service it runs in, or ""
    std::string label;   // its security label, or "" where there is none or nobody wants it compared
};

// Root everything; else the owner's uid, and with it the unit where the session is bound to one, and the label where both
// have one: a kernel without the security module must not lock owners out of their memory.
bool mayUse(const Identity& who, const Session& session);

} // namespace luod::core
