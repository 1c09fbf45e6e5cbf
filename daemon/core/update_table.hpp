// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What happens in a live update, as a table: in this phase, on this event, go to that phase and do this. Nothing else in
// luod decides about phases; conductor.cpp only does as it is told here.

#include "core/update.hpp"

#include <array>
#include <cstddef>

namespace luod::core {

enum class UpdateEvent : std::uint8_t {
    Requested,
    Passed,        // the check found nothing against it
    Reloaded,      // the image is loaded anew
    Carried,       // sessions nobody claimed are outgoing again
    CustodyTaken,  // nothing lies in the fd store
    ClientLate,    // a deadline passed
    EverybodyReady,
    Sealed,        // nothing is under way in the kernel any more, and the record is on disk
    Failed,        // what was begun on entering the phase did not work
    AbortAsked,
    TimedOut,      // the phase took longer than it may
    Restarted,     // luod was, in the same boot
};
constexpr UpdateEvent last(UpdateEvent) { return UpdateEvent::Restarted; }

enum class UpdateEffect : std::uint8_t {
    None,
    Check, Reload, CarryForward,
    Ask,              // the signal; the requester gets its answer
    WriteRecord,
    AwaitClients,     // until all are ready or a deadline passes
    NoteLate,         // go on without the clients that are late
    Seal,             // sessions cannot be changed; Sealed follows when all is quiet and written
    KeepSealed,       // the same after a restart, when all was quiet
    TakeCustody,      // CustodyTaken follows
    Leave,
    AwaitEnd,         // not for ever
    // Undoing. All may be repeated: a luod killed in the middle begins again with the first.
    NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord,
    End,              // answers the requester who was not answered yet; the update is over
};

struct Transition {
    Phase phase{};
    std::array<UpdateEffect, 6> effects{}; // in this order, up to the first None
};

// Nothing where the event means nothing in that phase: an answer that came too late, or a command with nothing to do.
const Transition* transition(Phase phase, UpdateEvent event, const Update& update);

} // namespace luod::core
