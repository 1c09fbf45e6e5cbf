// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../model/profile.hpp"

#include <string>

namespace luosim {

/// What kho= and liveupdate= on a kernel's command line make of it. Without liveupdate=on there is no device.
void applyCommandLine(const std::string& line, model::Profile& profile);

} // namespace luosim
