// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string_view>

// What luod tells the service manager of itself. Nothing happens where there is none. Status texts become one line.
namespace luod::platform::notify {

void ready(std::string_view status = {}); // also ends reloading()
void reloading();
void stopping();
void status(std::string_view text);

} // namespace luod::platform::notify
