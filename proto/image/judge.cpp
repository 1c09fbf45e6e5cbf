// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/judge.hpp"

#include "proto/image/command_line.hpp"
#include "proto/image/judge_versions.hpp"

#include <array>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace luod::image {
namespace {

constexpr std::string_view chooseOther = "load another kernel";

Finding judgeImage(const Facts& target) {
    Finding finding{"image", Verdict::Ok,
                    fmt::format("{}{}{}, {}", word(target.container), target.compression.empty() ? "" : ", ",
                                target.compression, target.release.empty() ? "release unknown" : target.release),
                    ""};
    if (!target.complete) {
        finding.verdict = Verdict::Unknown;
        finding.seen += ": " + target.trouble;
        finding.advice = "look whether the file is whole (its package's checksum, disk space): a broken image that is "
                         "gone over to does not boot";
    } else if (target.container != Container::BzImage && target.container != Container::Arm64Image) {
        finding.verdict = Verdict::Warning;
        finding.advice =
            "most kernels' kexec_file_load takes no such image, and none but kexec_file_load hands anything "
            "over: load the bzImage (x86) or Image (arm64) that it was made from";
    }
    return finding;
}

Finding judgeArchitecture(const Case& question) {
    const std::string &here = question.running.architecture, &there = question.target.architecture;
    if (here.empty() || there.empty())
        return {
            "architecture", Verdict::Unknown,
            fmt::format("running: {}, target: {}", here.empty() ? "unknown" : here, there.empty() ? "unknown" : there),
            "make sure by other means that the target is for this machine"};
    if (here != there)
        return {"architecture", Verdict::Error, fmt::format("running: {}, target: {}", here, there),
                fmt::format("the target cannot run here; {}", chooseOther)};
    return {"architecture", Verdict::Ok, there, ""};
}

// ---- config

std::vector<std::string_view> neededSymbols(const Case& question) {
    std::vector<std::string_view> symbols{"CONFIG_KEXEC_HANDOVER", "CONFIG_LIVEUPDATE"};
    for (const std::string& name : question.handlers)
        if (const Handler* handler = handlerCalled(name))
            symbols.push_back(handler->config);
    return symbols;
}

bool stringsProveIt(const Facts& target) {
    return !named(target.versions, "kho").empty() && !named(target.versions, "luo").empty();
}

Finding judgeWithoutConfig(const Facts& target) {
    if (stringsProveIt(target))
        return {"config", Verdict::Ok,
                "no configuration was found, but the strings in the image show that KHO and LUO are built in", ""};
    return {"config", Verdict::Unknown, "no configuration was found, neither in the image nor beside it",
            "put config-RELEASE beside the image, as it came with its package"};
}

Finding judgeConfig(const Case& question) {
    const Facts& target = question.target;
    if (!target.config)
        return judgeWithoutConfig(target);
    std::vector<std::string_view> missing;
    for (std::string_view symbol : neededSymbols(question))
        if (!isOn(*target.config, symbol))
            missing.push_back(symbol);
    if (missing.empty())
        return {"config", Verdict::Ok, fmt::format("what is needed is on (read from {})", target.configSource), ""};
    std::string seen = fmt::format("off: {} (read from {})", fmt::join(missing, ", "), target.configSource);
    bool khoOff = missing.front() == "CONFIG_KEXEC_HANDOVER";
    if (khoOff && !named(target.versions, "kho").empty())
        return {"config", Verdict::Warning, seen + ", and yet the image has KHO in it",
                "the configuration is that of another build: put the right one in its place"};
    return {"config", Verdict::Error, std::move(seen),
            fmt::format("everything would be lost; {} that was built with {}", chooseOther,
                        fmt::format("{}=y", fmt::join(missing, "=y, ")))};
}

// ---- command line

struct Switches {
    std::optional<bool> kho, liveupdate;
};

Switches switches(const Case& question, const std::string& cmdline) {
    std::string line = question.target.config ? effective(cmdline, *question.target.config) : cmdline;
    Switches found{flag(line, "kho"), flag(line, "liveupdate")};
    if (!found.kho && question.target.config)
        found.kho = isOn(*question.target.config, "CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT");
    return found;
}

Finding missingSwitch(std::string_view what, std::string_view effect) {
    return {"command-line", Verdict::Error, fmt::format("no {}", what),
            fmt::format("{}; put {} on the target's command line", effect, what)};
}

Finding judgeCommandLine(const Case& question) {
    auto cmdline = question.cmdline ? question.cmdline : question.target.cmdline;
    if (!cmdline)
        return {"command-line", Verdict::Warning, "none was given",
                "it needs kho=on liveupdate=on; luod puts them there when it loads the kernel"};
    Switches found = switches(question, *cmdline);
    if (found.liveupdate != true)
        return missingSwitch("liveupdate=on",
                             "the next kernel would have no /dev/liveupdate: all would be lost, and its "
                             "memory gone until a reboot");
    if (found.kho == false)
        return missingSwitch("kho=on", "the next kernel would not look at what it is handed: all would be lost");
    if (!found.kho)
        return {"command-line", Verdict::Unknown,
                "liveupdate=on, no kho=, and whether KHO is on by default cannot be told without the configuration",
                "put kho=on on the target's command line: it does no harm"};
    return {"command-line", Verdict::Ok, "liveupdate and kho are on", ""};
}

} // namespace

std::string_view word(Verdict verdict) {
    constexpr std::array words{"ok", "warning", "error", "unknown"};
    return words[std::size_t(verdict)];
}

Finding notAnImage(const std::string& why) {
    return {"image", Verdict::Error, why, fmt::format("kexec would refuse it; {}", chooseOther)};
}

Findings judge(const Case& question) {
    Findings findings{judgeImage(question.target), judgeArchitecture(question), judgeKho(question), judgeLuo(question)};
    for (const std::string& handler : question.handlers)
        findings.push_back(judgeHandler(question, handler));
    findings.push_back(judgeConfig(question));
    findings.push_back(judgeCommandLine(question));
    return findings;
}

} // namespace luod::image
