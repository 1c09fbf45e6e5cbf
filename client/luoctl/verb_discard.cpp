// SPDX-License-Identifier: LGPL-2.1-or-later
#include "verbs.hpp"

namespace luoctl {

void runDiscard(Context& context) {
    std::vector<std::string> sessions;
    // All are looked up before the first is gone: a slip of the pen shall change nothing.
    for (const std::string& name : context.arguments)
        sessions.push_back(context.luod.find(name));
    for (const std::string& session : sessions)
        context.luod.discard(session);
}

} // namespace luoctl
