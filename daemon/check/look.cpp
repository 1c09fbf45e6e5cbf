// SPDX-License-Identifier: LGPL-2.1-or-later
#include "check/look.hpp"

#include "kernel/kexec.hpp"
#include "platform/machine.hpp"
#include "proto/image/read_file.hpp"
#include "proto/image/running.hpp"

#include <cstring>
#include <fmt/format.h>

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

image::Finding aboutInitrd(const image::Case& question, int fd) {
    auto initrd = image::readFile(fd);
    if (!initrd)
        return image::judgeInitrd(question, {.trouble = initrd.error()});
    return image::judgeInitrd(question, image::listInitrd(*initrd));
}

image::Findings aboutImages(const Known& known, const Target& target) {
    if (!target.facts || !known.image)
        return {};
    if (!*target.facts)
        return {image::notAnImage(target.facts->error())};
    image::Case question{.running = image::runningFacts(), .target = **target.facts, .handlers = handlers(known),
                         .cmdline = known.image->cmdline};
    image::addModuleVersions(question.running, question.handlers);
    image::addModuleVersions(question.target, question.handlers);
    image::Findings findings = image::judge(question);
    image::ModuleTree tree("/", question.target.release);
    for (image::Finding& each : image::judgeModules(question, tree))
        findings.push_back(std::move(each));
    if (target.initrd >= 0)
        findings.push_back(aboutInitrd(question, target.initrd));
    return findings;
}

} // namespace

std::vector<std::string> modulesFor(const Known& known) {
    std::vector<std::string> modules = known.drivers;
    for (core::FileKind kind : known.kinds)
        if (kind == core::FileKind::Iommufd)
            modules.push_back("iommufd");
    return modules;
}

Looked look(const Known& known, Target target, const platform::ServiceManager& manager) {
    Looked looked;
    looked.anyImageLoaded = kernel::imageIsLoaded();
    looked.images = aboutImages(known, target);
    looked.filesHeld = target.facts != nullptr;
    looked.systemd = seen(manager.version());
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
