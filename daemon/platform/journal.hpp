// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <syslog.h> // LOG_ERR and the other priorities
#include <vector>

namespace luod::platform {

struct LogField {
    std::string_view key; // A-Z, 0-9 and _, as the journal wants them: LUOD_SESSION
    std::string_view value;
};

// To the journal with its fields where stderr is connected to it ($JOURNAL_STREAM), else one line on stderr: with <N> in
// front, or bare on a terminal. Any thread. Never fails; what cannot be said is lost.
void log(int priority, std::string_view message, std::initializer_list<LogField> fields = {},
         std::string_view messageId = {});

// Less important messages than this are dropped; LOG_INFO at first.
void setLogLevel(int priority);

// How log() says it; for the tests.
std::vector<std::string> journalFields(int priority, std::string_view message, std::initializer_list<LogField> fields,
                                       std::string_view messageId);
std::string logLine(int priority, std::string_view message, std::initializer_list<LogField> fields, bool prefix);

} // namespace luod::platform
