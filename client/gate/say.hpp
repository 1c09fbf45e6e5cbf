// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <syslog.h> // LOG_ERR and the other priorities

namespace luod::gate {

// To the journal, or on standard error where that leads elsewhere.
void say(int priority, const std::string& words, const char* messageId = nullptr);

// Words that came from whoever holds a lock: they make no second line, and a terminal does not take them for commands.
std::string harmless(std::string words);

} // namespace luod::gate
