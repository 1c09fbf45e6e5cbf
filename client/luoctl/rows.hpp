// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What luoctl shows, as plain structs: filled in by luod.cpp, turned into text by the formatters.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace luoctl {

using Value =
    std::variant<bool, uint64_t, int64_t, double, std::string, std::vector<uint8_t>, std::vector<std::string>>;

// type is libluod's, kept so that what is written back is what was read.
struct Entry {
    std::string key;
    int type = 's';
    Value value;
};
using Dict = std::vector<Entry>;

struct Session {
    std::string path, name;
    uint32_t owner = 0; // uid
    std::string unit, direction, state;
    uint64_t files = 0, bytes = 0;
    // Known of a session that was asked for by itself.
    std::string kernelName;
    uint64_t created = 0; // microseconds since 1970
    bool lent = false, boundToUnit = false;
    std::string label;
};

struct File {
    uint64_t token = 0;
    std::string name, kind, state;
    uint64_t size = 0; // bytes
    Dict details, metadata;
};

struct Status {
    std::string version, kernelRelease;
    bool available = false;
    std::string unavailableReason;
    uint64_t liveUpdates = 0;
    std::string lastHandover;
    std::string handoverReason;
    uint64_t sessions = 0, files = 0; // of all owners
    // Of the live update under way, and of the kernel loaded for the next one.
    std::string phase, update, updateMode;
    std::vector<std::string> awaited; // clients that are not ready yet
    std::string loadedKernel, loadedRelease, loadedCmdline;
    // The caller's own, counted from the list.
    uint64_t outgoing = 0, incoming = 0, lost = 0;
};

struct Inhibitor {
    std::string who, why, mode, unit, state;
    uint32_t owner = 0, pid = 0;
    uint64_t deadline = 0; // microseconds; 0: the default
    uint64_t since = 0;    // microseconds since 1970
};

struct Moment {
    std::string what, subject, detail;
    uint64_t monotonic = 0, wall = 0; // microseconds
};

struct Report {
    std::string update, outcome, words, mode, from, to, reason;
    std::vector<std::string> forced;
    std::vector<Moment> moments;
};

struct ReportEntry {
    std::string update, outcome;
    uint64_t begun = 0; // microseconds since 1970
};

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Metric {
    std::string name;
    Labels labels;
    uint64_t value = 0;
};

constexpr uint64_t noLimit = UINT64_MAX;

struct Quota {
    uint32_t owner = 0; // uid; LUOD_ANY_OWNER: of luod in all
    std::string quantity;
    uint64_t used = 0, limit = noLimit;
};

struct Event {
    uint64_t time = 0; // microseconds since 1970
    std::string event, session, path, detail;
    uint64_t token = 0;
    bool ofFile = false; // token means something
};

} // namespace luoctl
