// SPDX-License-Identifier: LGPL-2.1-or-later
#include "check/look.hpp"

#include "kernel/kexec.hpp"
#include "platform/machine.hpp"
#include "proto/image/handlers.hpp"
#include "proto/image/read_file.hpp"
#include "proto/image/running.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace luod::check {
namespace {

constexpr const char* gateUnit = "luod-gate.service";

template <typename T> Seen<T> seen(core::Errno<T> answer) {
    if (!answer)
        return std::unexpected(std::string(std::strerror(answer.error())));
    return std::move(*answer);
}

Seen<std::vector<std::string>> otherStores(const platform::ServiceManager& manager, const std::string& own) {
    auto stores = manager.fdStores();
    if (!stores)
        return std::unexpected(std::string(std::strerror(stores.error())));
    std::vector<std::string> others;
    for (const auto& store : *stores)
        if (store.unit != own)
            others.push_back(fmt::format("{} ({})", store.unit, store.fds));
    return others;
}

// As the kernel calls it (proto/image/handlers.hpp).
std::string_view handlerOf(core::FileKind kind) {
    switch (kind) {
    case core::FileKind::HugetlbMemfd:
        return "hugetlb";
    case core::FileKind::VfioCdev:
        return "vfio-pci";
    default:
        return word(kind);
    }
}

std::set<std::string> handlers(const Known& known) {
    std::set<std::string> names;
    for (core::FileKind kind : known.kinds)
        names.emplace(handlerOf(kind));
    return names;
}

image::Finding aboutInitrd(const image::Case& question, int fd, const image::ModuleTree& tree) {
    auto initrd = image::readFile(fd);
    if (!initrd)
        return image::judgeInitrd(question, {.trouble = initrd.error()}, tree);
    return image::judgeInitrd(question, image::listInitrd(*initrd), tree);
}

// The first one found is the one that runs; one that cannot be executed masks the others.
std::string whyNoGenerator() {
    for (const char* prefix : {"/run", "/etc", "/usr/local/lib", "/usr/lib", "/lib"}) {
        std::string path = std::string(prefix) + "/systemd/system-generators/luod-modules-generator";
        struct stat is {};
        if (::lstat(path.c_str(), &is) == 0)
            return ::access(path.c_str(), X_OK) == 0 ? "" : path + " keeps luod's generator from running";
    }
    return "luod-modules-generator is not installed";
}

// Whether luod's generator (load_modules.cpp) runs in the next boot and can read the record then: before anything but
// the root file system is mounted.
std::string whyNotEarly(const std::string& stateDirectory) {
    struct stat root {}, state {};
    if (::stat("/", &root) < 0 || ::stat(stateDirectory.c_str(), &state) < 0)
        return fmt::format("{} cannot be looked at: {}", stateDirectory, std::strerror(errno));
    if (root.st_dev != state.st_dev)
        return fmt::format("{} is not on the root file system", stateDirectory);
    return whyNoGenerator();
}

image::Findings aboutImages(const Known& known, const Target& target, Looked& looked) {
    if (!target.facts || !known.image)
        return {};
    if (!*target.facts)
        return {image::notAnImage(target.facts->error())};
    image::Case question{.running = image::runningFacts(), .target = **target.facts, .handlers = handlers(known),
                         .cmdline = known.image->cmdline, .modules = modulesFor(known)};
    if (looked.systemd)
        question.systemd = *looked.systemd;
    image::addModuleVersions(question.running, question.handlers);
    image::addModuleVersions(question.target, question.handlers);
    image::Findings findings = image::judge(question);
    image::ModuleTree tree("/", question.target.release);
    for (image::Finding& each : image::judgeModules(question, tree))
        findings.push_back(std::move(each));
    if (target.initrd >= 0)
        findings.push_back(aboutInitrd(question, target.initrd, tree));
    looked.modulesToLoad = image::modulesToLoad(question, tree);
    return findings;
}

} // namespace

std::vector<std::string> modulesFor(const Known& known) {
    std::vector<std::string> modules;
    auto add = [&modules](std::string_view name) {
        if (std::string module = image::normalised(name); std::ranges::find(modules, module) == modules.end())
            modules.push_back(std::move(module));
    };
    for (const std::string& name : handlers(known))
        if (const image::Handler* handler = image::handlerCalled(name); handler && !handler->module.empty())
            add(handler->module);
    std::ranges::for_each(known.drivers, add);
    std::ranges::for_each(known.modules, add);
    return modules;
}

Looked look(const Known& known, Target target, const platform::ServiceManager& manager) {
    Looked looked;
    looked.anyImageLoaded = kernel::imageIsLoaded();
    looked.systemd = seen(manager.version());
    looked.images = aboutImages(known, target, looked);
    looked.filesHeld = target.facts != nullptr;
    looked.cannotLoadEarly = whyNotEarly(known.stateDirectory);
    bool storesTravel = false;
    if (known.mode == core::UpdateMode::Systemd) {
        looked.gateRuns = seen(manager.runs(gateUnit));
        looked.survives = seen(manager.survivesShutdown(known.unit));
        storesTravel = looked.systemd.value_or(0) >= fdStoresTravelSince;
    }
    if (!storesTravel)
        looked.otherStores = otherStores(manager, known.unit);
    looked.memoryAvailable = platform::memoryAvailable();
    return looked;
}

} // namespace luod::check
