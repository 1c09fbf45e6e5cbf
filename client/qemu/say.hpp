// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <syslog.h> // LOG_ERR and the other priorities

namespace luod::qemu {

// To the operator: on standard error, which of a service is the journal.
void say(int priority, const std::string& words);

} // namespace luod::qemu
