// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "events.hpp"

namespace luod::client {

inline constexpr const char* objectManagerInterface = "org.freedesktop.DBus.ObjectManager";
inline constexpr const char* propertiesInterface = "org.freedesktop.DBus.Properties";

// Fills event in from one of luod's signals. Negative: it says nothing that is an event.
int readSignal(sd_bus_message* message, Event& event);

// The live update's two, from their first argument on.
int readPrepare(sd_bus_message* message, Event& event);
int readProgress(sd_bus_message* message, Event& event);

} // namespace luod::client
