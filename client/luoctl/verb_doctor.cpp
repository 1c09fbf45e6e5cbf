// SPDX-License-Identifier: LGPL-2.1-or-later
#include "doctor.hpp"
#include "failure.hpp"
#include "output.hpp"
#include "verbs.hpp"

#include <fmt/core.h>

namespace luoctl {
namespace {

Part versionsPart() {
    return {"luoctl", {{"version", LUOD_VERSION "\n", ""}, {"user", fmt::format("uid {}\n", getuid()), ""}}};
}

} // namespace

void runDoctor(Context& context) {
    const Options& options = context.options;
    if (!options.host.empty())
        throw usage("doctor looks at this machine: it does not go with --host; run it there");
    std::vector<Part> parts{versionsPart(),      kernelPart(), devicePart(),  configurationPart(),
                            luodPart(context.luod), unitsPart(),  statePart(), journalPart()};
    if (!options.output.empty() && options.output != "-")
        writeReport(options.output, parts, options.json);
    else
        show(options.json == Json::Off ? textOf(parts) : jsonOf(parts, options.json), options);
}

} // namespace luoctl
