// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// luod's own check of the machine as it stands.

#include "verbs.hpp"

namespace luoctl {

// As --mode says.
std::vector<Finding> checkOnline(Context& context);

// Throws usage() unless --mode is one of a live update, or was not given.
void expectUpdateMode(const Options& options);

} // namespace luoctl
