// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "luod.h"
#include "message.hpp"

#include <deque>
#include <string>
#include <vector>

namespace luod::client {

// An event and the strings it points to. The pointers are set when it is handed out, for strings move.
struct Event {
    luod_event event{};
    std::string session, name, state;
    std::string update, mode, to, outcome, reason; // of the live update
    std::string what, subject, detail;             // of one moment of it

    void point();
};

struct Subscription {
    bool on = false;
    bool progress = false; // of a live update, too
    std::string owner; // luod's unique name: what anybody else signals is not from luod. "" while luod is away
    std::vector<Slot> slots;
    std::deque<Event> queue;
    Event current; // what luod_next_event gave out last
};

} // namespace luod::client
