// SPDX-License-Identifier: LGPL-2.1-or-later
#include "handover.hpp"
#include "json.hpp"
#include "output.hpp"
#include "proto/errors.hpp"
#include "verbs.hpp"

#include <nlohmann/json.hpp>

namespace luoctl {

void runIsRestored(Context& context) {
    const Options& options = context.options;
    Status status = context.luod.status();
    const HandoverRow* row = handoverRow(status.lastHandover);
    context.exitCode = row ? row->exitCode : luod::proto::exitFailure;
    if (options.orNone && status.lastHandover == "none")
        context.exitCode = 0;
    if (options.json != Json::Off)
        show(dump({{"last_handover", status.lastHandover}, {"reason", status.handoverReason}}, options.json), options);
    else if (!options.quiet)
        show(status.lastHandover + "\n", options);
}

} // namespace luoctl
