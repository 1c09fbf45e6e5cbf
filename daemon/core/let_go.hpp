// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

namespace luod::core {

// How often the service manager is awaited before a name counts as taken. It closes what was removed from the fd store in a
// process of its own (asynchronous_close(), systemd 219 and later), so that a barrier does not say when that is done; but
// each gives it another moment.
constexpr int letGoAttempts = 20;

// A session under a name that was in use until just now. EEXIST: somebody else holds the one that has it.
inline Errno<UniqueFd> createLetGo(Luo& luo, FdStore& store, const std::string& kernelName) {
    auto made = luo.createSession(kernelName);
    for (int attempt = 0; !made && made.error() == EEXIST && attempt < letGoAttempts && store.settle(); ++attempt)
        made = luo.createSession(kernelName);
    return made;
}

} // namespace luod::core
