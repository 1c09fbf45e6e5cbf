// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "state.hpp"

namespace mock {

// Each sends the reply itself, unless it returns an error.
Answered answerManager(State& state, const std::string& method, sd_bus_message* message);
Answered answerSession(State& state, Session& session, const std::string& method, sd_bus_message* message);

// The methods of the live update, and what the tests have played. Nothing: it is none of them.
std::optional<Answered> answerUpdate(State& state, const std::string& method, sd_bus_message* message);
std::optional<Answered> playUpdate(State& state, const std::string& method, sd_bus_message* message);
// Has a service manager appear on the bus.
Answered playSystemd(State& state, sd_bus_message* message);
// Entries of the manager's a{sv} of properties.
void appendUpdateProperties(sd_bus_message* message, const Update& update);
void emitPhase(State& state);
void emitOver(State& state, const char* outcome, const char* reason);

// a{sv} of the session's properties, at the end of message.
void appendProperties(sd_bus_message* message, const Session& session);
Message replyTo(sd_bus_message* message);
Answered send(Message reply);
Answered sendEmpty(sd_bus_message* message);
// One property as the answer to Get.
Answered answerGet(sd_bus_message* message, const Session* session);

} // namespace mock
