// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// All that the check judges by, as plain values: looked up by look() (look.hpp), judged by judge() (judge.hpp).

#include "core/session.hpp"
#include "core/update.hpp"
#include "proto/image/judge.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace luod::check {

// What luod itself knows, taken on the loop.
struct Known {
    core::UpdateMode mode = core::UpdateMode::Systemd;
    bool available = false;
    std::string unavailableReason;
    std::optional<core::Image> image; // loaded by luod in this boot
    bool carriesUnclaimed = false;    // policy: unclaimed incoming sessions are carried forward
    struct Incoming {
        std::string name;
        uid_t owner = 0;
        bool unclaimed = false; // nobody took anything out of it
    };
    std::vector<Incoming> incoming;          // and not finished
    std::vector<std::string> broken;         // sessions lost or being made anew, in words
    std::vector<std::string> invalid;        // files in outgoing sessions, in words
    std::vector<core::FileKind> kinds;       // of files in outgoing sessions, each once
    std::vector<std::string> drivers;        // of VFIO devices among them
    std::size_t sessions = 0, files = 0;     // outgoing
    std::uint64_t bytes = 0;
    std::vector<std::string> blockers;       // who holds a block lock
    std::vector<std::string> modules;        // luod.conf's: handlers that luod does not know of
    std::string unit, stateDirectory;        // luod's own
};

// Versions of systemd from which on it spares survivors of a shutdown, and takes fd stores along.
inline constexpr unsigned survivorsSince = 255, fdStoresTravelSince = 261;

// What had to be looked up, beside the loop. Where an answer could not be had, it says why.
template <typename T> using Seen = std::expected<T, std::string>;
struct Looked {
    bool anyImageLoaded = false;             // by whomever
    bool filesHeld = false;                  // by luod, to load the image anew when an update begins
    bool filesChanged = false;               // the image's files are not what they were when luod loaded them
    image::Findings images;                  // about the image that is loaded, beside the running kernel
    std::vector<std::string> modulesToLoad;  // in the next boot, before the device is opened
    std::string cannotLoadEarly;             // why that would not be before systemd opens it (261 and later); "": it would
    Seen<unsigned> systemd = std::unexpected("not asked");
    Seen<bool> gateRuns = std::unexpected("not asked"), survives = std::unexpected("not asked");
    Seen<std::vector<std::string>> otherStores = std::unexpected("not asked"); // "foo.service (3)"; where they are lost
    std::uint64_t memoryAvailable = 0;       // bytes; 0: not known
};

} // namespace luod::check
