// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "properties.hpp"

struct luod_sessions {
    luod::client::Message message; // what the rows point into
    luod::client::Properties details;
    std::vector<luod_session> rows;
    size_t at = 0;
};
