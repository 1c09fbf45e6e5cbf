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

struct Needed {
    std::string module, why;
};

// Drivers and what an administrator named; a handler's own module was looked at with the handler.
void addModules(const Case& question, std::vector<Needed>& needed) {
    auto isHandlers = [&](const std::string& module) {
        return std::ranges::any_of(question.handlers, [&](const std::string& name) {
            const Handler* handler = handlerCalled(name);
            return handler && handler->module == module;
        });
    };
    for (const std::string& name : question.modules)
        if (std::string module = normalised(name); !isHandlers(module))
            needed.push_back({module, "a file that is held needs it"});
}

std::vector<Needed> modulesNeeded(const Case& question) {
    std::vector<Needed> needed;
    for (const std::string& name : question.handlers)
        if (const Handler* handler = handlerCalled(name); handler && !handler->module.empty())
            if (!isBuiltIn(question.target, name))
                needed.push_back({std::string(handler->module), fmt::format("files of {} need it", name)});
    addModules(question, needed);
    return needed;
}

Finding judgeModule(const Needed& needed, const ModuleTree& tree) {
    constexpr const char* name = "handler-modules";
    switch (tree.find(needed.module)) {
    case Place::BuiltIn:
        return {name, Verdict::Ok, fmt::format("{} is built in", needed.module), ""};
    case Place::File:
        return {name, Verdict::Ok, fmt::format("{} is in {}", needed.module, tree.path().native()), ""};
    case Place::Missing:
        break;
    }
    if (!tree.exists())
        return {name, Verdict::Unknown, fmt::format("there is no {}", tree.path().native()),
                "install the target's modules"};
    return {name, Verdict::Error, fmt::format("{} is not in {}", needed.module, tree.path().native()),
            fmt::format("{}, or the first open of /dev/liveupdate fails with EIO and all is lost: install the package "
                        "that brings it",
                        needed.why)};
}

bool hasSystemd(const InitrdFiles& initrd) {
    return std::ranges::any_of(initrd.paths, [](const std::string& path) {
        return path == "usr/lib/systemd/systemd" || path == "lib/systemd/systemd";
    });
}

constexpr const char* haveItBuiltIn =
    "systemd 261 and later open /dev/liveupdate before any module is loaded, in the initrd already; without the "
    "handlers they get EIO and all is lost: take a kernel that has them built in, or an initrd without systemd";

// What is a module comes too late for a systemd in the initrd that opens the device, whether it is in there or not.
Finding judgeEarlyOpening(const Case& question, const InitrdFiles& initrd, const std::string& modules) {
    if (hasSystemd(initrd) && question.systemd >= systemdOpensDeviceSince)
        return {"initrd", Verdict::Error, fmt::format("systemd is in it and opens the device before {} can be loaded", modules),
                haveItBuiltIn};
    if (hasSystemd(initrd) && !question.systemd)
        return {"initrd", Verdict::Warning,
                fmt::format("systemd is in it, in which version is not known, and {} would be loaded after it", modules),
                haveItBuiltIn};
    if (!initrd.trouble.empty())
        return {"initrd", Verdict::Unknown, fmt::format("what opens the device in it was not seen: {}", initrd.trouble),
                "make the initrd anew, or see by other means that no systemd of 261 or later is in it"};
    return {"initrd", Verdict::Ok, fmt::format("nothing in it opens /dev/liveupdate before {} is loaded", modules), ""};
}

} // namespace

Findings judgeModules(const Case& question, const ModuleTree& tree) {
    Findings findings;
    for (const Needed& needed : modulesNeeded(question))
        findings.push_back(judgeModule(needed, tree));
    return findings;
}

std::vector<std::string> modulesToLoad(const Case& question, const ModuleTree& tree) {
    std::vector<std::string> modules;
    for (Needed& needed : modulesNeeded(question))
        if (tree.find(needed.module) != Place::BuiltIn)
            modules.push_back(std::move(needed.module));
    return modules;
}

Finding judgeInitrd(const Case& question, const InitrdFiles& initrd, const ModuleTree& tree) {
    if (std::vector<std::string> modules = modulesToLoad(question, tree); !modules.empty())
        return judgeEarlyOpening(question, initrd, fmt::format("{}", fmt::join(modules, " ")));
    constexpr const char* advice = "make sure that it is the right file and whole: the kernel may not unpack it either";
    if (!initrd.trouble.empty())
        return {"initrd", initrd.paths.empty() ? Verdict::Error : Verdict::Warning, initrd.trouble, advice};
    return {"initrd", Verdict::Ok, fmt::format("{} files; no handler has to be loaded", initrd.paths.size()), ""};
}

} // namespace luod::image
