// SPDX-License-Identifier: LGPL-2.1-or-later
#include "online.hpp"

#include "failure.hpp"

#include <fmt/core.h>

namespace luoctl {

void expectUpdateMode(const Options& options) {
    if (!options.mode.empty() && options.mode != "systemd" && options.mode != "direct")
        throw usage(fmt::format("--mode={} is not one of systemd, direct", options.mode));
}

std::vector<Finding> checkOnline(Context& context) {
    expectUpdateMode(context.options);
    return context.luod.checkUpdate(context.options.mode);
}

} // namespace luoctl
