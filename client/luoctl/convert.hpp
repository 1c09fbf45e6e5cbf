// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The library's structs as rows.

#include "luod.h"
#include "rows.hpp"

namespace luoctl {

Status rowOf(const luod_status& status);
Session rowOf(const luod_session& session);
File rowOf(const luod_file& file);

} // namespace luoctl
