// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What happened, as the ledger writes it down. State is nothing but the fold of these (registry.hpp).

#include "core/session.hpp"
#include "core/update.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace luod::core {

// The boot in which this ledger was begun, and how many live updates lie behind it.
struct BootNoted {
    std::string bootId, release;
    std::uint64_t liveUpdates = 0;
    SessionId nextId = 1;
    Handover handover = Handover::None; // what was handed to this boot
};
// In a snapshot it carries the session's present direction and state.
struct SessionAdded {
    Session session; // without files
};
struct SessionGone { // finished or discarded
    SessionId id = 0;
};
struct SessionLent {
    SessionId id = 0;
};
struct SessionStateChanged {
    SessionId id = 0;
    SessionState state = SessionState::Active;
};
// Before the kernel is asked (state Preserving), and in snapshots (their present state).
struct FilesListed {
    SessionId id = 0;
    std::vector<File> files;
};
struct FilesPreserved { // the kernel said yes
    SessionId id = 0;
    std::vector<Token> tokens;
};
struct FilesDropped { // the kernel said no, or they were taken out
    SessionId id = 0;
    std::vector<Token> tokens;
};
struct FileAnnotated {
    SessionId id = 0;
    Token token = 0;
    std::string name;
    Metadata metadata;
};
struct FilesRetrieved {
    SessionId id = 0;
    std::vector<Token> tokens;
};
// What was incoming is outgoing and being made anew; its files lie in the fd store.
struct SessionCarried {
    SessionId id = 0;
};
struct ImageLoaded {
    Image image;
};
struct ImageUnloaded {};
struct InhibitorAdded {
    Inhibitor inhibitor;
};
struct InhibitorGone { // its lock was closed
    InhibitorId id = 0;
};
struct UpdateBegan { // phase Checking
    Update update;
};
// From Preparing on the target's release and the barrier's deadline are known.
struct UpdatePhase {
    Phase phase = Phase::Idle;
    std::string to;
    std::uint64_t deadline = 0;
};
struct UpdateMoment {
    std::string update; // its uuid: sessions are claimed when theirs is no longer under way
    Moment moment;
};
struct UpdateEnded { // the one under way
    std::string outcome, words;
};
struct UpdateReported { // one that is over; in snapshots
    Update update;
};
struct UpdateArrived { // it led to this boot; in snapshots, and where luod knows of it only from the record on disk
    std::string update;
};
struct VerdictMade { // on the update that led to this boot, too
    Handover handover = Handover::None;
    std::string words;
};
struct FilesInvalidated { // their devices were unplugged
    SessionId id = 0;
    std::vector<Token> tokens;
};
struct SnapshotComplete {}; // a ledger without it was not finished and counts for nothing

// The order of the alternatives is the record's type number in the ledger: only append.
using Record = std::variant<BootNoted, SessionAdded, SessionGone, SessionLent, SessionStateChanged, FilesListed,
                            FilesPreserved, FilesDropped, FileAnnotated, FilesRetrieved, SnapshotComplete, SessionCarried,
                            ImageLoaded, ImageUnloaded, InhibitorAdded, InhibitorGone, UpdateBegan, UpdatePhase, UpdateMoment,
                            UpdateEnded, UpdateReported, UpdateArrived, VerdictMade, FilesInvalidated>;

void encode(const Record& record, std::string& out);
// Nothing where the bytes are not a whole record of a known type.
std::optional<Record> decode(std::string_view bytes);

} // namespace luod::core
