// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "timeline.hpp"

namespace luoctl {

// The report as a picture that needs nothing else: an axis in seconds, and a bar for each phase, client and session.
// Nothing of it depends on a light or dark ground.
std::string svgOf(const Report& report);

// What is not markup any more, and has no character that XML cannot have.
std::string escaped(std::string_view text);

} // namespace luoctl
