// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/judge_versions.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace luod::image {
namespace {

// What differs between the layers: their strings, and what the next kernel does about a mismatch.
struct Comparison {
    std::string finding;
    std::string subject;            // for people
    std::vector<std::string> names; // of strings that must be the same; the first must be there
    std::string_view ifMissing, ifDifferent;
    std::string config;                             // off there: certainly missing
    std::string_view needs = "", needsFinding = ""; // a layer below, without which this one does not matter
    bool maybeModule = false;
};

Versions ofThese(const Facts& facts, const Comparison& what) {
    Versions found;
    for (const std::string& name : what.names)
        found.merge(named(facts.versions, name));
    return found;
}

std::string list(const Versions& versions) {
    return fmt::format("{}", fmt::join(versions, " "));
}

// One name in two versions: a search cannot tell which of them is the kernel's word.
bool ambiguous(const Facts& facts, const Comparison& what) {
    return std::ranges::any_of(what.names, [&](const auto& name) { return named(facts.versions, name).size() > 1; });
}

bool certainlyMissing(const Facts& facts, const Comparison& what) {
    bool off = facts.config && !what.config.empty() && !isOn(*facts.config, what.config);
    return off || (facts.complete && !what.maybeModule);
}

Finding unknown(const Comparison& what, std::string seen, std::string_view advice) {
    return {what.finding, Verdict::Unknown, std::move(seen), std::string(advice)};
}

Finding missing(const Case& question, const Comparison& what) {
    if (!what.needs.empty() && question.target.complete && named(question.target.versions, what.needs).empty())
        return {what.finding, Verdict::Error, fmt::format("the target has no {}", what.subject),
                fmt::format("see {}", what.needsFinding)};
    if (certainlyMissing(question.target, what))
        return {what.finding, Verdict::Error, fmt::format("the target has no {}", what.subject),
                fmt::format("{}; load a kernel that has it", what.ifMissing)};
    return unknown(what, fmt::format("no {} was found in the part of the target that could be read", what.subject),
                   what.maybeModule ? "it may be in a module: look whether the target's modules are installed"
                                    : "look whether the image is whole, or try another");
}

std::string whyUnknown(const Facts& running, const Comparison& what) {
    return running.complete ? fmt::format("the running kernel has no {}", what.subject) : running.trouble;
}

Finding compare(const Case& question, const Comparison& what) {
    Versions there = ofThese(question.target, what);
    if (named(there, what.names.front()).empty())
        return missing(question, what);
    Versions here = ofThese(question.running, what);
    if (named(here, what.names.front()).empty())
        return unknown(
            what, fmt::format("target: {}, running: unknown ({})", list(there), whyUnknown(question.running, what)),
            "give the running kernel's image, as it came with its package, in its place or by --against");
    std::string seen = here == there ? list(there) : fmt::format("running: {}, target: {}", list(here), list(there));
    if (ambiguous(question.target, what) || ambiguous(question.running, what))
        return unknown(what, seen + ": one of them in two versions", "ask the kernel's maker which of them it writes");
    if (here == there)
        return {what.finding, Verdict::Ok, std::move(seen), ""};
    return {what.finding, Verdict::Error, std::move(seen),
            fmt::format("{}; load a kernel of the same version, or finish all sessions and reboot without live update",
                        what.ifDifferent)};
}

} // namespace

Finding judgeKho(const Case& question) {
    return compare(
        question,
        {.finding = "kho-version",
         .subject = "KHO",
         .names = {"kho"},
         .ifMissing = "it would reuse the memory: everything would be lost, with no error anywhere",
         .ifDifferent = "it would boot as after a plain kexec: everything would be lost, with no error before",
         .config = "CONFIG_KEXEC_HANDOVER"});
}

Finding judgeLuo(const Case& question) {
    return compare(question,
                   {.finding = "luo-version",
                    .subject = "LUO",
                    .names = {"luo", "luo-session", "luo-flb"},
                    .ifMissing = "it has no /dev/liveupdate: all would be lost, and its memory gone until a reboot",
                    .ifDifferent = "the next kernel would panic at boot, and the machine would be down",
                    .config = "CONFIG_LIVEUPDATE",
                    .needs = "kho",
                    .needsFinding = "kho-version"});
}

Finding judgeHandler(const Case& question, const std::string& name) {
    constexpr std::string_view lost = "the first open of /dev/liveupdate would fail with EIO for the whole boot: all "
                                      "sessions would be lost, not only "
                                      "those with such files";
    const Handler* handler = handlerCalled(name);
    return compare(question, {.finding = "handler-versions",
                              .subject = fmt::format("handler for {}", name),
                              .names = {name},
                              .ifMissing = lost,
                              .ifDifferent = lost,
                              .config = std::string(handler ? handler->config : ""),
                              .needs = "luo",
                              .needsFinding = "luo-version",
                              .maybeModule = !handler || !handler->module.empty()});
}

} // namespace luod::image
