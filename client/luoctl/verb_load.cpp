// SPDX-License-Identifier: LGPL-2.1-or-later
#include "entry.hpp"
#include "failure.hpp"
#include "json.hpp"
#include "next_kernel.hpp"
#include "output.hpp"
#include "verbs.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

NextKernel ofFile(const std::string& kernel, const std::vector<std::string>& initrds) {
    auto unified = kernelOfUnified(kernel);
    if (!unified)
        return kernelOfFiles(kernel, initrds);
    if (!initrds.empty())
        throw usage(fmt::format("{} is a unified kernel image and brings its own initrd: leave --initrd out", kernel));
    return std::move(*unified);
}

NextKernel chosen(const Context& context) {
    const Options& options = context.options;
    bool named = !context.arguments.empty();
    if (named && !options.entry.empty())
        throw usage("give either a KERNEL or --entry");
    if (named)
        return ofFile(context.arguments.front(), options.initrds);
    if (!options.initrds.empty())
        throw usage("--initrd goes with a KERNEL; an entry names its own");
    return kernelOfEntry(options.entry.empty() ? "default" : options.entry);
}

const char* orNull(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

} // namespace

void runLoad(Context& context) {
    const Options& options = context.options;
    NextKernel next = chosen(context);
    applyCmdline(next, options);
    Fd initrd;
    if (next.initrds.size() > 1)
        next.initrds.front() = together(next.initrds);
    if (!next.initrds.empty())
        initrd = std::move(next.initrds.front());
    std::string loaded = context.luod.load(next.kernel.get(), initrd.get(), next.cmdline,
                                           {.kernel_path = next.kernelPath.c_str(),
                                            .initrd_path = orNull(next.initrdPaths),
                                            .flags = options.keepCmdline ? LUOD_KEEP_CMDLINE : 0});
    if (options.json != Json::Off)
        show(dump({{"kernel", next.kernelPath}, {"cmdline", loaded}}, options.json), options);
    else if (!options.quiet)
        show(loaded + "\n", options);
}

} // namespace luoctl
