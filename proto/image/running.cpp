// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/running.hpp"

#include "proto/image/decompress.hpp"
#include "proto/image/handlers.hpp"
#include "proto/image/modules.hpp"
#include "proto/image/read_file.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

namespace luod::image {
namespace {

namespace fs = std::filesystem;

std::string line(const fs::path& path) {
    std::string text = readText(path).value_or("");
    return text.substr(0, text.find('\n'));
}

// The first image under root that says it is of this build.
std::expected<Facts, std::string> imageOf(const std::string& release, const std::string& build, const fs::path& root) {
    std::string why = fmt::format("the image of {} is neither in /boot nor in /usr/lib/modules", release);
    for (const fs::path& path : {root / "boot" / ("vmlinuz-" + release), root / "usr/lib/modules" / release / "vmlinuz",
                                 root / "boot" / ("vmlinux-" + release)}) {
        std::error_code error;
        if (!fs::exists(path, error))
            continue;
        auto facts = inspect(path, root);
        if (facts && facts->banner == build)
            return facts;
        why = facts ? fmt::format("{} is not the build that runs", path.native())
                    : fmt::format("{}: {}", path.native(), facts.error());
    }
    return std::unexpected(why);
}

std::optional<Config> shownConfig(const fs::path& root) {
    auto packed = readText(root / "proc/config.gz", 1 << 20);
    if (!packed)
        return std::nullopt;
    Unpacked unpacked = decompress(bytesOf(*packed), 0, 16 << 20);
    return unpacked.error.empty() ? std::optional(parseConfig(text(unpacked.bytes))) : std::nullopt;
}

// What KHO is going to hand over, where debugfs can be read.
Versions shownVersions(const fs::path& root) {
    fs::path out = root / "sys/kernel/debug/kho/out";
    Versions versions;
    for (const fs::path& file : {out / "fdt", out / "sub_fdts/LUO"})
        if (auto bytes = readText(file, 1 << 20))
            versions.merge(versionStrings(bytesOf(*bytes + '\0')));
    return versions;
}

std::string machine() {
    utsname name{};
    uname(&name);
    std::string_view word = name.machine;
    return word == "x86_64" ? "x86-64" : word == "aarch64" ? "arm64" : std::string(word);
}

Facts unseen(std::string release, std::string build, std::string trouble) {
    Facts facts;
    facts.release = std::move(release);
    facts.banner = std::move(build);
    facts.architecture = machine();
    facts.trouble = std::move(trouble);
    return facts;
}

// What the kernel shows is what it hands over, whatever else a search has found.
void overrule(Versions& versions, const Versions& shown) {
    for (const char* name : {"kho", "luo"})
        if (Versions sure = named(shown, name); !sure.empty()) {
            for (const std::string& found : named(versions, name))
                versions.erase(found);
            versions.merge(sure);
        }
}

} // namespace

Facts runningFacts(const fs::path& root) {
    std::string release = line(root / "proc/sys/kernel/osrelease"), build = line(root / "proc/version");
    auto image = imageOf(release, build, root);
    Facts facts = image ? std::move(*image) : unseen(release, build, image.error());
    overrule(facts.versions, shownVersions(root));
    if (auto config = shownConfig(root)) {
        facts.config = std::move(config);
        facts.configSource = "/proc/config.gz";
    }
    return facts;
}

void addModuleVersions(Facts& facts, const std::set<std::string>& names, const fs::path& root) {
    std::optional<ModuleTree> tree; // looking through it takes a while: only where it is needed
    for (const std::string& name : names) {
        const Handler* handler = handlerCalled(name);
        if (!handler || handler->module.empty() || !named(facts.versions, name).empty())
            continue;
        if (!tree)
            tree.emplace(root, facts.release);
        if (auto versions = tree->versions(handler->module))
            facts.versions.merge(named(*versions, name));
    }
}

} // namespace luod::image
