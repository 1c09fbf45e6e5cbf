// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/update_table.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>

namespace luod::core {
namespace {

using enum UpdateEvent;

// Where each event leads from each phase: I C P R(prepared) L, lower case where it depends (see below), '.' ignored.
//   a: aborts or goes on, by what was asked for; s: systemd mode only; r: resumed in systemd mode, aborted in direct mode
const std::map<Phase, std::map<UpdateEvent, char>> expected{
    {Phase::Idle,
     {{Requested, 'C'}, {Passed, '.'}, {Reloaded, '.'}, {Carried, '.'}, {CustodyTaken, '.'}, {ClientLate, '.'},
      {EverybodyReady, '.'}, {Sealed, '.'},
      {Failed, '.'}, {AbortAsked, '.'}, {TimedOut, '.'}, {Restarted, '.'}}},
    {Phase::Checking,
     {{Requested, '.'}, {Passed, 'C'}, {Reloaded, 'C'}, {Carried, 'C'}, {CustodyTaken, 'P'}, {ClientLate, '.'},
      {EverybodyReady, '.'}, {Sealed, '.'},
      {Failed, 'I'}, {AbortAsked, 'I'}, {TimedOut, '.'}, {Restarted, 'I'}}},
    {Phase::Preparing,
     {{Requested, '.'}, {Passed, '.'}, {Reloaded, '.'}, {Carried, '.'}, {CustodyTaken, '.'}, {ClientLate, 'a'},
      {EverybodyReady, 'R'}, {Sealed, '.'},
      {Failed, 'I'}, {AbortAsked, 'I'}, {TimedOut, '.'}, {Restarted, 'P'}}},
    {Phase::Prepared,
     {{Requested, '.'}, {Passed, '.'}, {Reloaded, '.'}, {Carried, '.'}, {CustodyTaken, '.'}, {ClientLate, '.'},
      {EverybodyReady, '.'}, {Sealed, 'L'},
      {Failed, 'I'}, {AbortAsked, 'I'}, {TimedOut, 'I'}, {Restarted, 'I'}}},
    {Phase::Leaving,
     {{Requested, '.'}, {Passed, '.'}, {Reloaded, '.'}, {Carried, '.'}, {CustodyTaken, '.'}, {ClientLate, '.'},
      {EverybodyReady, '.'}, {Sealed, '.'},
      {Failed, 'I'}, {AbortAsked, 's'}, {TimedOut, 's'}, {Restarted, 'r'}}},
};

char resolved(char row, const Update& update) {
    bool systemd = update.mode == UpdateMode::Systemd;
    switch (row) {
    case 'a':
        return update.goOnWithoutLate ? 'P' : 'I';
    case 's':
        return systemd ? 'I' : '.';
    case 'r':
        return systemd ? 'L' : 'I';
    default:
        return row;
    }
}

void forEach(auto what) {
    for (UpdateMode mode : {UpdateMode::Systemd, UpdateMode::Direct})
        for (bool goOn : {false, true})
            for (int p = 0; p <= int(last(Phase{})); ++p)
                for (int e = 0; e <= int(last(UpdateEvent{})); ++e) {
                    Update update{.mode = mode, .goOnWithoutLate = goOn};
                    SCOPED_TRACE(std::string(word(Phase(p))) + ", event " + std::to_string(e) + (goOn ? ", go on" : "") + ", " +
                                 std::string(word(mode)));
                    what(Phase(p), UpdateEvent(e), update);
                }
}

bool has(const Transition& way, UpdateEffect effect) { return std::ranges::find(way.effects, effect) != way.effects.end(); }

TEST(UpdateTable, EveryPairLeadsWhereItShouldOrIsIgnored) {
    forEach([](Phase phase, UpdateEvent event, const Update& update) {
        const Transition* way = transition(phase, event, update);
        char leads = way ? "ICPRL"[int(way->phase)] : '.';
        EXPECT_EQ(leads, resolved(expected.at(phase).at(event), update));
    });
}

TEST(UpdateTable, WhateverEndsAnUpdateNotesItFirstAndEndsLast) {
    forEach([](Phase phase, UpdateEvent event, const Update& update) {
        const Transition* way = transition(phase, event, update);
        if (!way || way->phase != Phase::Idle)
            return;
        auto end = std::ranges::find(way->effects, UpdateEffect::None);
        EXPECT_EQ(*(end - 1), UpdateEffect::End);
        bool late = event == ClientLate;
        EXPECT_EQ(way->effects[late], UpdateEffect::NoteAbort);
        EXPECT_EQ(way->effects[0] == UpdateEffect::NoteLate, late);
    });
}

TEST(UpdateTable, WhatWasDoneOnTheWayIsUndoneOnTheWayBack) {
    forEach([](Phase phase, UpdateEvent event, const Update& update) {
        const Transition* way = transition(phase, event, update);
        if (!way || way->phase != Phase::Idle)
            return;
        EXPECT_EQ(has(*way, UpdateEffect::Tell), phase >= Phase::Preparing) << "who was asked is told, nobody else";
        EXPECT_EQ(has(*way, UpdateEffect::DropRecord), phase >= Phase::Preparing);
        EXPECT_EQ(has(*way, UpdateEffect::Unseal), phase >= Phase::Prepared);
        EXPECT_TRUE(has(*way, UpdateEffect::GiveBackCustody)); // it is taken before anybody is asked
    });
}

TEST(UpdateTable, FromEveryPhaseButIdleAFailureLeadsBack) {
    for (Phase phase : {Phase::Checking, Phase::Preparing, Phase::Prepared, Phase::Leaving}) {
        const Transition* way = transition(phase, Failed, Update{});
        ASSERT_TRUE(way) << word(phase);
        EXPECT_EQ(way->phase, Phase::Idle);
    }
}

} // namespace
} // namespace luod::core
