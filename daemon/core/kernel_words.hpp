// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/error.hpp"
#include "core/session.hpp"

namespace luod::core {

// What an errno of the Live Update Orchestrator means, in words. Which call said it matters: the same number means
// different things.
Error createRefused(int err, const Session& session);
Error retrieveSessionRefused(int err, const Session& session);
Error preserveRefused(int err, const File& file);
Error retrieveRefused(int err, Token token);
Error finishRefused(int err, const Session& session);

// "file 7 'ram'" or "file 7".
std::string describe(const File& file);
// "its device 0000:00:04.0 was unplugged"
std::string whyInvalid(const File& file);

} // namespace luod::core
