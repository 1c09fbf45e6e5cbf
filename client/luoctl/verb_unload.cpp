// SPDX-License-Identifier: LGPL-2.1-or-later
#include "verbs.hpp"

namespace luoctl {

void runUnload(Context& context) {
    context.luod.unload();
}

} // namespace luoctl
