// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

struct luod_client;
struct luod_files;

namespace luod::client {

int retrieveAllByLuod(luod_client& client, const char* session, luod_files& into);

} // namespace luod::client
