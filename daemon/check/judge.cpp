// SPDX-License-Identifier: LGPL-2.1-or-later
#include "check/judge.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace luod::check {
namespace {

using image::Finding;
using image::Verdict;

using image::systemdOpensDeviceSince;

std::string join(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words)
        all += (all.empty() ? "" : ", ") + word;
    return all;
}

Finding liveUpdate(const Known& known) {
    if (known.available)
        return {"live-update", Verdict::Ok, "this kernel can hand sessions over", ""};
    return {"live-update", Verdict::Error, known.unavailableReason, "nothing can be handed over before that is mended"};
}

Finding imageLoaded(const Known& known, const Looked& looked) {
    constexpr const char* load = "load it with 'luoctl load'";
    if (known.image && !looked.anyImageLoaded)
        return {"loaded", Verdict::Error, "the image that luod loaded has been unloaded by somebody", load};
    if (known.image && !looked.filesHeld)
        return {"loaded", Verdict::Error, "luod does not hold the kernel's files any more and could not load them anew",
                "load it again with 'luoctl load'"};
    if (known.image && looked.filesChanged)
        return {"loaded", Verdict::Error, fmt::format("{} was written to since luod loaded it", known.image->kernelPath),
                "load it again with 'luoctl load'"};
    if (known.image)
        return {"loaded", Verdict::Ok,
                fmt::format("{} ({}), loaded by luod", known.image->kernelPath.empty() ? "kernel" : known.image->kernelPath,
                            known.image->release.empty() ? "release not known" : known.image->release),
                ""};
    if (looked.anyImageLoaded)
        return {"loaded", Verdict::Error,
                "a kernel is loaded, but not by luod; if it was not by kexec_file_load, it would be given nothing",
                "load it again with 'luoctl load'"};
    return {"loaded", Verdict::Error, "no kernel is loaded", load};
}

std::string who(const Known::Incoming& session) { return fmt::format("'{}' of uid {}", session.name, session.owner); }

Finding incoming(const Known& known) {
    std::vector<std::string> lost, carried;
    for (const auto& session : known.incoming)
        (session.unclaimed && known.carriesUnclaimed ? carried : lost).push_back(who(session));
    if (!lost.empty())
        return {"incoming-sessions", Verdict::Error,
                fmt::format("{} incoming and not finished; the kernel does not carry such sessions on: {}", lost.size(),
                            join(lost)),
                "have their owners finish them, discard them, or set Unclaimed=carry in luod.conf for those nobody claimed"};
    if (!carried.empty())
        return {"incoming-sessions", Verdict::Warning,
                fmt::format("{} unclaimed, carried forward into this update: {}", carried.size(), join(carried)),
                "their owners should have come for them"};
    return {"incoming-sessions", Verdict::Ok, "none that this update would destroy", ""};
}

Finding files(const Known& known) {
    if (known.broken.empty() && known.invalid.empty())
        return {"files", Verdict::Ok, fmt::format("{} files in {} sessions", known.files, known.sessions), ""};
    std::vector<std::string> all = known.broken;
    all.insert(all.end(), known.invalid.begin(), known.invalid.end());
    return {"files", Verdict::Error, join(all),
            known.invalid.empty() ? "discard those sessions, or wait until they are made anew" :
                                    "take those files out (luoctl take-out), or discard their sessions"};
}

// Nothing where nobody loses any.
std::optional<Finding> storesLost(const Looked& looked, const std::string& by, const char* advice) {
    if (!looked.otherStores)
        return Finding{"crossing", Verdict::Warning,
                       fmt::format("which other services lose their fd stores {} could not be asked: {}", by,
                                   looked.otherStores.error()),
                       advice};
    if (looked.otherStores->empty())
        return {};
    return Finding{"crossing", Verdict::Warning,
                   fmt::format("the fd stores of other services are lost {}: {}", by, join(*looked.otherStores)), advice};
}

Finding direct(const Looked& looked) {
    if (auto lost = storesLost(looked, "in a direct update", "use --mode=systemd if they matter (systemd 261 and later)"))
        return *lost;
    return {"crossing", Verdict::Ok, "nothing but luod holds files in an fd store", ""};
}

// luod and its guard hold every session while the machine goes over, and its fd store none: all depends on their surviving.
std::optional<Finding> sessionsLost(const Known& known, const Looked& looked) {
    std::string unit = known.unit.empty() ? "luod" : known.unit;
    if (known.sessions == 0)
        return {};
    if (!looked.survives)
        return Finding{"crossing", Verdict::Unknown,
                       fmt::format("whether {} is killed before the machine goes over, and its {} sessions lost, could not be "
                                   "asked: {}",
                                   unit, known.sessions, looked.survives.error()),
                       "try --mode=direct"};
    if (!*looked.survives)
        return Finding{"crossing", Verdict::Error,
                       fmt::format("{} is killed before the machine goes over: all {} sessions would be lost", unit,
                                   known.sessions),
                       "use --mode=direct; systemd 255 and later let luod live until the end"};
    return {};
}

Finding throughShutdown(const Known& known, const Looked& looked) {
    if (!looked.gateRuns)
        return {"crossing", Verdict::Unknown, "systemd could not be asked: " + looked.gateRuns.error(), "try --mode=direct"};
    if (!*looked.gateRuns)
        return {"crossing", Verdict::Error, "luod-gate.service does not run, so the shutdown cannot be led",
                "systemctl start luod-gate, or use --mode=direct"};
    if (auto lost = sessionsLost(known, looked))
        return *lost;
    if (looked.systemd.value_or(0) < fdStoresTravelSince)
        if (auto lost = storesLost(looked, "in a kexec before systemd 261", "stop those services first if that matters to them"))
            return *lost;
    return {"crossing", Verdict::Ok,
            known.sessions == 0 ? "there is no session that could be lost" :
                                  "luod lives until the kernel is replaced and holds every session",
            ""};
}

Finding inhibitors(const Known& known) {
    if (known.blockers.empty())
        return {"inhibitors", Verdict::Ok, "nobody blocks it", ""};
    return {"inhibitors", Verdict::Error, "blocked by " + join(known.blockers), "wait, end them, or say --force=inhibitors"};
}

Finding scratch(const Known& known) {
    if (known.image)
        return {"scratch", Verdict::Ok, "the kernel found room for the image in its KHO scratch memory", ""};
    return {"scratch", Verdict::Unknown, "whether an image fits into the KHO scratch memory shows when it is loaded",
            "load it with 'luoctl load'"};
}

// Before systemd 261 luod is the first to open the device, and luod-modules.service comes before it.
Finding moduleLoading(const Looked& looked) {
    constexpr const char* name = "module-loading";
    std::string modules = join(looked.modulesToLoad);
    if (looked.cannotLoadEarly.empty() || (looked.systemd && *looked.systemd < systemdOpensDeviceSince))
        return {name, Verdict::Ok, fmt::format("{} will be loaded before /dev/liveupdate is opened", modules), ""};
    std::string seen = fmt::format("systemd opens /dev/liveupdate before luod can have {} loaded: {}", modules, looked.cannotLoadEarly);
    constexpr const char* advice =
        "without its handler the first open fails with EIO and all is lost: mend that, take a kernel that has the handlers "
        "built in, or have an initrd without systemd load the modules (initramfs-tools: /etc/initramfs-tools/modules)";
    if (!looked.systemd)
        return {name, Verdict::Unknown, "systemd could not be asked which version it is; from 261 on " + seen, advice};
    return {name, Verdict::Error, std::move(seen), advice};
}

std::string mebibytes(std::uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

// The kernel has filled the holes of sparse memfds when it preserved them; what the next kernel needs is room to start in.
Finding memory(const Known& known, const Looked& looked) {
    constexpr std::uint64_t little = 256ULL << 20;
    std::string seen = fmt::format("{} preserved (holes of sparse files were filled by that), {} left", mebibytes(known.bytes),
                                   looked.memoryAvailable ? mebibytes(looked.memoryAvailable) : "an unknown amount");
    if (looked.memoryAvailable == 0)
        return {"memory", Verdict::Warning, seen, "/proc/meminfo could not be read"};
    if (looked.memoryAvailable < little)
        return {"memory", Verdict::Warning, seen, "the next kernel starts with as little; it may have to kill processes"};
    return {"memory", Verdict::Ok, seen, ""};
}

Finding systemd(const Looked& looked) {
    if (!looked.systemd)
        return {"systemd", Verdict::Warning, "systemd could not be asked: " + looked.systemd.error(),
                "is the system bus there? Without systemd only --mode=direct works"};
    unsigned version = *looked.systemd;
    if (version >= fdStoresTravelSince)
        return {"systemd", Verdict::Ok, fmt::format("systemd {}", version), ""};
    std::string limits = version < survivorsSince ? "kills luod at the end of a shutdown and empties all fd stores"
                                                  : "empties the fd stores of other services in a kexec";
    return {"systemd", Verdict::Warning, fmt::format("systemd {} {}", version, limits),
            version < survivorsSince ? "use --mode=direct" : "from 261 on fd stores travel"};
}

} // namespace

std::vector<Finding> judge(const Known& known, const Looked& looked) {
    std::vector<Finding> findings{liveUpdate(known), imageLoaded(known, looked)};
    auto add = [&findings](std::vector<Finding> more) { findings.insert(findings.end(), more.begin(), more.end()); };
    add(looked.images);
    if (!looked.modulesToLoad.empty())
        add({moduleLoading(looked)});
    bool isDirect = known.mode == core::UpdateMode::Direct;
    add({incoming(known), files(known), isDirect ? direct(looked) : throughShutdown(known, looked), inhibitors(known),
         scratch(known), memory(known, looked), systemd(looked)});
    return findings;
}

std::string whatStops(const std::vector<Finding>& findings, const std::vector<std::string>& forced) {
    std::string words;
    for (const Finding& each : findings) {
        bool stops = each.verdict == Verdict::Error || each.verdict == Verdict::Unknown;
        if (!stops || std::find(forced.begin(), forced.end(), each.name) != forced.end())
            continue;
        words += fmt::format("{}{}: {}{}", words.empty() ? "" : "; ", each.name, each.seen,
                             each.verdict == Verdict::Unknown ? fmt::format(" (not known; --force={} to go on)", each.name) : "");
    }
    return words;
}

} // namespace luod::check
