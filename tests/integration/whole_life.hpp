// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Everything that luod is for, in one life of three boots and two live updates that luod leads: create, preserve, borrow,
// annotate, take out, load, prepare, call off, go over, restore, retrieve, finish, and carry forward what nobody claimed.

#include "kills.hpp"

namespace luod::tests {

Play wholeLife(std::vector<std::string> simulator = {}); // its arguments

} // namespace luod::tests
