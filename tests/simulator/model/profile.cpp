// SPDX-License-Identifier: LGPL-2.1-or-later
#include "profile.hpp"

#include "handover.hpp"

#include <cerrno>

namespace luosim::model {

namespace {

constexpr Rules laxRules{.namesChecked = false,
                         .sessionTypeChecked = false,
                         .duplicateFilesRefused = false,
                         .blocksAfterFreeze = false,
                         .hasGetName = false,
                         .unretrievedFlbNeverFinished = true};
constexpr Rules strictRules{.namesChecked = true,
                            .sessionTypeChecked = true,
                            .duplicateFilesRefused = true,
                            .blocksAfterFreeze = true,
                            .hasGetName = true,
                            .unretrievedFlbNeverFinished = true};
constexpr Rules futureRules = [] {
    Rules rules = strictRules;
    rules.unretrievedFlbNeverFinished = false;
    return rules;
}();

// 16 pages of session records of 88 bytes; two pages of file records; one page of FLB records of 64 bytes.
constexpr Limits fixedLimits{.sessions = 744, .tooManySessions = ENOMEM, .filesPerSession = 128, .flbs = 63};
// Chains of at most 10,000 pages with 51 session records or 63 file records each.
constexpr Limits chainedLimits{.sessions = 510000, .tooManySessions = ENOSPC, .filesPerSession = 630000, .flbs = 63};

// 7.1 was not read: its rules are taken to be those of 7.0, except that seals travel.
const Versions versions70{"kho-v1", "luo-v1", "luo-session-v2", "luo-flb-v1", "memfd-v1"};
const Versions versions71{"kho-v3", "luo-v1", "luo-session-v2", "luo-flb-v1", "memfd-v2"};
const Versions versions72{"kho-v4", "luo-v5", "", "", "memfd-v2"};

const std::vector<Profile>& allProfiles() {
    static const std::vector<Profile> all{
        {.name = "7.0",
         .release = "7.0.0",
         .versions = versions70,
         .limits = fixedLimits,
         .rules = laxRules,
         .memfdSeals = false},
        {.name = "7.1", .release = "7.1.0", .versions = versions71, .limits = fixedLimits, .rules = laxRules},
        {.name = "7.2", .release = "7.2.12", .versions = versions72, .limits = chainedLimits, .rules = strictRules},
        {.name = "7.3", .release = "7.3.4", .versions = versions72, .limits = chainedLimits, .rules = strictRules},
        {.name = "future", .release = "7.4.0", .versions = versions72, .limits = chainedLimits, .rules = futureRules},
    };
    return all;
}

} // namespace

std::optional<Profile> findProfile(std::string_view name) {
    for (const Profile& profile : allProfiles())
        if (profile.name == name)
            return profile;
    return std::nullopt;
}

std::vector<std::string> profileNames() {
    std::vector<std::string> names;
    for (const Profile& profile : allProfiles())
        names.push_back(profile.name);
    return names;
}

const char* toString(Arrival arrival) {
    switch (arrival) {
    case Arrival::cold:
        return "cold";
    case Arrival::accepted:
        return "accepted";
    case Arrival::khoRefused:
        return "kho-refused";
    case Arrival::ignored:
        return "ignored";
    case Arrival::panicked:
        return "panicked";
    }
    return "";
}

} // namespace luosim::model
