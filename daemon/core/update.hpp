// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The nouns of a live update. What is here is what the ledger remembers of it.

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace luod::core {

enum class Phase : std::uint8_t {
    Idle,
    Checking,  // nobody has been told yet
    Preparing, // the barrier: clients get ready
    Prepared,  // all are; sessions are sealed, what is under way in the kernel is waited for
    Leaving,   // reboot() is being called, or the shutdown is under way
};
enum class UpdateMode : std::uint8_t { Systemd, Direct };
enum class InhibitMode : std::uint8_t { Delay, Block };
// The order is part of the ledger's format: only append.
enum class Milestone : std::uint8_t {
    Requested, Checked, Asked, Ready, Late, Sealed, Left, Aborted, // before
    Kernel, Manager, Luod, Claimed, Finished,                      // after: first instant of the kernel, of PID 1, luod ready
};
constexpr Phase last(Phase) { return Phase::Leaving; }
constexpr UpdateMode last(UpdateMode) { return UpdateMode::Direct; }
constexpr InhibitMode last(InhibitMode) { return InhibitMode::Block; }
constexpr Milestone last(Milestone) { return Milestone::Finished; }

std::string_view word(Phase phase);
std::string_view word(UpdateMode mode);
std::string_view word(InhibitMode mode);
std::string_view word(Milestone milestone);

using InhibitorId = std::uint64_t;

// Somebody who has a say. Whether its lock is still held is told by its fd (Conductor::released).
struct Inhibitor {
    InhibitorId id = 0;
    uid_t uid = 0;
    std::uint32_t pid = 0; // when the lock was taken; for people
    InhibitMode mode = InhibitMode::Delay;
    std::uint64_t deadline = 0; // microseconds it may take; 0: the default
    std::uint64_t since = 0;    // wall clock, microseconds
    std::string who, why, unit;
};

// Microseconds: monotonic (CLOCK_MONOTONIC of the kernel of that moment) and wall clock.
struct Instant {
    std::uint64_t monotonic = 0, wall = 0;
};

// What `detail` says: asked, of the machine: how many clients; asked, ready and claimed, of a client or session: its systemd
// unit, so that for how long the owner of a session was without it is from its unit's "ready" (else from "left") to
// "claimed"; finished: the times that the owner noted in the metadata of its files, or the unit; late: why; aborted: the reason; else nothing.
struct Moment {
    Milestone what = Milestone::Requested;
    std::string subject; // client or session; "" for the machine
    uid_t owner = 0;     // of the client or session; who may see it
    Instant at;
    std::string detail;
};

// The kernel loaded for the next update.
struct Image {
    std::string uuid;                     // luod.update= on its command line
    std::string kernelPath, initrdPath;   // as the caller called them; "" where not said
    std::string release, cmdline;
    std::string boot;                     // boot id under which it was loaded: it does not outlive that
};

inline constexpr std::string_view underWay = "under-way", aborted = "aborted";
inline constexpr std::size_t updatesKept = 20;

// One update from its request to the last session finished, as reported.
struct Update {
    std::string uuid; // the image's; two attempts with one image have the same
    UpdateMode mode = UpdateMode::Systemd;
    std::string from, to; // kernel releases
    std::string reason;
    std::vector<std::string> forced;
    std::uint64_t begun = 0;   // wall clock
    std::uint64_t deadline = 0; // CLOCK_MONOTONIC, of the barrier; 0 before it
    bool goOnWithoutLate = false;
    bool shutdownAsked = false; // the service manager goes down by itself once we let it
    std::string outcome{underWay};     // or aborted, or a word of Handover
    std::string words;                 // about the outcome
    std::vector<Moment> moments;

    // The first of that kind, for the machine or for this subject.
    const Moment* find(Milestone what) const;
    const Moment* find(Milestone what, std::string_view subject, uid_t owner) const;
};

} // namespace luod::core
