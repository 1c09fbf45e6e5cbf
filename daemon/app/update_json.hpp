// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Updates on disk. Two files in luod's state directory, both JSON so that a person in trouble can read them:
//   handover      written just before the machine goes over, removed when that comes to nothing; the witness that tells a
//                 refused handover from a cold boot (core/verdict.hpp)
//   history       the last updates, for `luoctl report` after a boot that brought no ledger along
// Neither is needed for an update to succeed.

#include "core/registry.hpp"
#include "platform/cycles.hpp"

#include <string>
#include <vector>

namespace luod::app {

struct HandoverRecord {
    std::string update, boot; // uuid; boot id of the kernel that was left
    std::string from, to;     // kernel releases
    std::string mode, commandLine;
    std::vector<std::string> versions; // the target's version strings, as read from its image
    std::vector<std::string> modules;  // that the files handed over need
    std::size_t sessions = 0, files = 0;
    std::uint64_t written = 0; // wall clock, microseconds
    platform::CycleAnchor cycles;
};

std::string toJson(const HandoverRecord& record);
// Nothing where it is not one.
std::optional<HandoverRecord> handoverFromJson(const std::string& text);

std::string toJson(const core::UpdateLog& log);
std::vector<core::Update> updatesFromJson(const std::string& text); // what cannot be read is left out

} // namespace luod::app
