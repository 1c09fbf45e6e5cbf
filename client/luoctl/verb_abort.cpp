// SPDX-License-Identifier: LGPL-2.1-or-later
#include "format.hpp"
#include "verbs.hpp"

#include <fmt/core.h>

namespace luoctl {

void runAbort(Context& context) {
    // Everybody who was asked is told the reason: it is to say at least whom to ask back.
    std::string reason = context.arguments.empty()
                             ? fmt::format("called off by {}, who gave no reason", userName(getuid()))
                             : context.arguments.front();
    context.luod.abort(reason);
}

} // namespace luoctl
