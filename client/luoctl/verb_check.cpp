// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"
#include "offline.hpp"
#include "online.hpp"
#include "verbs.hpp"

namespace luoctl {
namespace {

int offline(const Options& options) {
    if (options.kernel.empty())
        throw usage("--offline wants --kernel=IMAGE");
    if (!options.host.empty())
        throw usage("--offline reads files of this machine: it does not go with --host");
    if (!options.mode.empty())
        throw usage("--mode is about this machine: it does not go with --offline");
    return checkOffline(options);
}

int online(Context& context) {
    const Options& options = context.options;
    if (!options.kernel.empty() || !options.against.empty() || !options.initrds.empty() || options.cmdline)
        throw usage(
            "--kernel, --against, --initrd and --cmdline go with --offline; luod checks what 'luoctl load' loaded");
    std::vector<Finding> findings = checkOnline(context);
    show(findings, options);
    return exitStatus(findings);
}

} // namespace

void runCheck(Context& context) {
    context.exitCode = context.options.offline ? offline(context.options) : online(context);
}

} // namespace luoctl
