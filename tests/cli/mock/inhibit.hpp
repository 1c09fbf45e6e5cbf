// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "methods.hpp"

namespace mock {

Answered inhibit(State& state, sd_bus_message* message);
Answered listInhibitors(State& state, sd_bus_message* message);

// The a{sv} that comes next, as "key=value key=value" for the tests to look at.
std::string textOfOptions(sd_bus_message* message);

} // namespace mock
