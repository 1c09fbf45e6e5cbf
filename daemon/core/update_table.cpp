// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/update_table.hpp"

namespace luod::core {
namespace {

using enum Phase;
using enum UpdateEvent;
using enum UpdateEffect;

enum When : std::uint8_t { Always, Systemd, Direct, LateAbort, LateGoOn };

struct Row {
    Phase phase;
    UpdateEvent event;
    When when;
    Transition then;
};

// On the way back NoteAbort comes first and End last: what is between is done again by a luod that was killed in it.
constexpr Row table[] = {
    // in       on              if         go to      and do
    {Idle,      Requested,      Always,    {Checking,  {Check}}},

    {Checking,  Passed,         Always,    {Checking,  {Reload}}},
    {Checking,  Reloaded,       Always,    {Checking,  {CarryForward}}},
    {Checking,  Carried,        Always,    {Checking,  {TakeCustody}}}, // while nobody is paused yet
    {Checking,  CustodyTaken,   Always,    {Preparing, {Ask, WriteRecord, AwaitClients}}},
    {Checking,  Failed,         Always,    {Idle,      {NoteAbort, GiveBackCustody, End}}},
    {Checking,  AbortAsked,     Always,    {Idle,      {NoteAbort, GiveBackCustody, End}}},
    {Checking,  Restarted,      Always,    {Idle,      {NoteAbort, GiveBackCustody, End}}},

    {Preparing, EverybodyReady, Always,    {Prepared,  {Seal, AwaitEnd}}},
    {Preparing, ClientLate,     LateGoOn,  {Preparing, {NoteLate, AwaitClients}}},
    {Preparing, ClientLate,     LateAbort, {Idle,      {NoteLate, NoteAbort, Tell, GiveBackCustody, DropRecord, End}}},
    {Preparing, Failed,         Always,    {Idle,      {NoteAbort, Tell, GiveBackCustody, DropRecord, End}}},
    {Preparing, AbortAsked,     Always,    {Idle,      {NoteAbort, Tell, GiveBackCustody, DropRecord, End}}},
    {Preparing, Restarted,      Always,    {Preparing, {TakeCustody, WriteRecord, AwaitClients}}},

    {Prepared,  Sealed,         Always,    {Leaving,   {Leave, AwaitEnd}}},
    {Prepared,  Failed,         Always,    {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},
    {Prepared,  AbortAsked,     Always,    {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},
    {Prepared,  TimedOut,       Always,    {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},
    {Prepared,  Restarted,      Always,    {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},

    {Leaving,   Failed,         Always,    {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},
    // Direct: reboot() is being called, and its answer tells.
    {Leaving,   AbortAsked,     Systemd,   {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},
    {Leaving,   TimedOut,       Systemd,   {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},
    {Leaving,   Restarted,      Systemd,   {Leaving,   {KeepSealed, TakeCustody, AwaitEnd}}},
    {Leaving,   Restarted,      Direct,    {Idle,      {NoteAbort, Unseal, Tell, GiveBackCustody, DropRecord, End}}},
};

bool applies(When when, const Update& update) {
    switch (when) {
    case Always:
        return true;
    case Systemd:
        return update.mode == UpdateMode::Systemd;
    case Direct:
        return update.mode == UpdateMode::Direct;
    case LateAbort:
        return !update.goOnWithoutLate;
    case LateGoOn:
        return update.goOnWithoutLate;
    }
    return false;
}

} // namespace

const Transition* transition(Phase phase, UpdateEvent event, const Update& update) {
    for (const Row& row : table)
        if (row.phase == phase && row.event == event && applies(row.when, update))
            return &row.then;
    return nullptr;
}

} // namespace luod::core
