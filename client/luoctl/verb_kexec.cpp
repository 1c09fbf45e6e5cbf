// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"
#include "follow.hpp"
#include "online.hpp"
#include "output.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace luoctl {
namespace {

// Points into the options.
struct Wish {
    std::vector<const char*> force;
    luod_update_options update{};
};

const char* orNull(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

Wish wishOf(const Options& options) {
    Wish wish;
    for (const std::string& finding : options.force)
        wish.force.push_back(finding.c_str());
    wish.force.push_back(nullptr);
    wish.update = {.mode = orNull(options.mode),
                   .deadline = options.timeout,
                   .late = orNull(options.late),
                   .force = wish.force.data(),
                   .reason = orNull(options.reason)};
    return wish;
}

void expectWords(const Options& options) {
    expectUpdateMode(options);
    if (!options.late.empty() && options.late != "abort" && options.late != "go-on")
        throw usage(fmt::format("--late={} is not one of abort, go-on", options.late));
}

// Who would be asked, and how it would go on.
std::string outlook(Context& context, int stopped) {
    if (stopped)
        return "A live update would be refused.\n";
    std::vector<std::string> clients;
    for (const Inhibitor& row : context.luod.inhibitors())
        if (row.mode == "delay")
            clients.push_back(row.who);
    std::string asked = clients.empty() ? "Nobody would be asked to get ready"
                                        : fmt::format("{} would be asked to get ready", fmt::join(clients, ", "));
    return fmt::format("{}; then {}.\n", asked,
                       context.options.mode == "direct" ? "the kernel would be replaced at once"
                                                        : "the machine would shut down into the next kernel");
}

void dryRun(Context& context) {
    const Options& options = context.options;
    std::vector<Finding> findings = checkOnline(context);
    show(findings, options);
    std::erase_if(findings,
                  [&](const Finding& finding) { return std::ranges::count(options.force, finding.name) > 0; });
    context.exitCode = exitStatus(findings);
    if (options.json == Json::Off && !options.quiet)
        show(outlook(context, context.exitCode), options);
}

} // namespace

void runKexec(Context& context) {
    const Options& options = context.options;
    expectWords(options);
    if (options.dryRun)
        return dryRun(context);
    Luod& luod = context.luod;
    Interrupts interrupts;
    Progress progress(options);
    luod.check(luod_subscribe_progress(luod.handle()), "cannot watch the update");
    if (options.block)
        progress.say("phase", "checking", "checking: would it work");
    std::string update = luod.update(wishOf(options).update);
    if (options.block)
        return Follow(luod, progress, interrupts).run(update);
    if (!options.quiet)
        show(update + "\n", options);
}

} // namespace luoctl
