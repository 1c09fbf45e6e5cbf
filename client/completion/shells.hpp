// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

namespace luoctl {

std::string bashCompletion();
std::string zshCompletion();

} // namespace luoctl
