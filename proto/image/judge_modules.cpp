// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/handlers.hpp"
#include "proto/image/judge.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace luod::image {
namespace {

using Place = ModuleTree::Place;

// In the image itself nothing needs to be loaded.
bool isBuiltIn(const Facts& target, const std::string& handler) {
    return !named(target.versions, handler).empty();
}

std::vector<const Handler*> modulesNeeded(const Case& question) {
    std::vector<const Handler*> needed;
    for (const std::string& name : question.handlers)
        if (const Handler* handler = handlerCalled(name); handler && !handler->module.empty())
            if (!isBuiltIn(question.target, name))
                needed.push_back(handler);
    return needed;
}

Finding judgeModule(const Handler& handler, const ModuleTree& tree) {
    constexpr const char* name = "handler-modules";
    switch (tree.find(handler.module)) {
    case Place::BuiltIn:
        return {name, Verdict::Ok, fmt::format("{} is built in", handler.module), ""};
    case Place::File:
        return {name, Verdict::Ok, fmt::format("{} is in {}", handler.module, tree.path().native()), ""};
    case Place::Missing:
        break;
    }
    if (!tree.exists())
        return {name, Verdict::Unknown, fmt::format("there is no {}", tree.path().native()),
                "install the target's modules"};
    return {name, Verdict::Error, fmt::format("{} is not in {}", handler.module, tree.path().native()),
            fmt::format("files of {} need it, or the first open of /dev/liveupdate fails with EIO and all is lost: "
                        "install the package that brings it",
                        handler.name)};
}

bool opensEarly(const InitrdFiles& initrd) {
    return std::ranges::any_of(initrd.paths, [](const std::string& path) {
        return path == "usr/lib/systemd/systemd" || path == "lib/systemd/systemd";
    });
}

bool hasModule(const InitrdFiles& initrd, std::string_view module) {
    return std::ranges::any_of(initrd.paths, [&](const std::string& path) { return moduleName(path) == module; });
}

Finding judgeEarlyOpening(const InitrdFiles& initrd, const std::vector<std::string_view>& missing) {
    std::string names = fmt::format("{}", fmt::join(missing, " "));
    if (!initrd.trouble.empty())
        return {"initrd", Verdict::Unknown, fmt::format("not seen in it: {}; {}", names, initrd.trouble),
                "make the initrd anew, or see by other means whether the modules are in it"};
    if (!opensEarly(initrd))
        return {"initrd", Verdict::Ok, fmt::format("without {}, but nothing in it opens /dev/liveupdate", names), ""};
    return {
        "initrd", Verdict::Error, fmt::format("systemd is in it, and {} is not", names),
        "systemd (261 and later) opens /dev/liveupdate there; without the handlers it gets EIO and all is lost: put "
        "the modules into the initrd (initramfs-tools: /etc/initramfs-tools/modules, dracut: add_drivers)"};
}

} // namespace

Findings judgeModules(const Case& question, const ModuleTree& tree) {
    Findings findings;
    for (const Handler* handler : modulesNeeded(question))
        findings.push_back(judgeModule(*handler, tree));
    return findings;
}

Finding judgeInitrd(const Case& question, const InitrdFiles& initrd) {
    std::vector<std::string_view> missing;
    for (const Handler* handler : modulesNeeded(question))
        if (!hasModule(initrd, handler->module))
            missing.push_back(handler->module);
    if (!missing.empty())
        return judgeEarlyOpening(initrd, missing);
    constexpr const char* advice = "make sure that it is the right file and whole: the kernel may not unpack it either";
    if (!initrd.trouble.empty())
        return {"initrd", initrd.paths.empty() ? Verdict::Error : Verdict::Warning, initrd.trouble, advice};
    return {"initrd", Verdict::Ok, fmt::format("{} files; no handler is missing in it", initrd.paths.size()), ""};
}

} // namespace luod::image
