// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// a{sv} <-> luod_value.

#include "luod.h"
#include "message.hpp"

#include <deque>
#include <vector>

namespace luod::client {

int appendValues(sd_bus_message* message, const luod_value* values, size_t n);

// Owner of what luod_value points to. Strings stay in the message they came in, which must live as long.
struct Values {
    std::deque<std::vector<luod_value>> dicts;
    std::deque<std::vector<const char*>> stringLists;
};

// Reads one a{sv}. Values of types that luod_value has no room for are left out: a newer luod may send them.
int readValues(sd_bus_message* message, Values& owner, const luod_value*& values, size_t& n);

// Reads one variant into value. 1: done. 0: it is of a type that luod_value has no room for, and was skipped.
int readVariant(sd_bus_message* message, Values& owner, luod_value& value);

} // namespace luod::client
