// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"
#include "luod.h"
#include "values.hpp"

struct luod_files {
    luod_files() = default;
    luod_files(const luod_files&) = delete;
    ~luod_files();

    std::vector<luod::client::Message> pages; // what the rows point into
    luod::client::Values values;
    std::vector<luod_file> rows;
    size_t at = 0;
};

namespace luod::client {

int listFiles(luod_client& client, const char* session, luod_files& into);

// The descriptor that comes next in the message, as the caller's own and close-on-exec.
int takeFd(sd_bus_message* message, Fd& into);

} // namespace luod::client
