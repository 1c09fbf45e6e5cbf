// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "values.hpp"

#include <string_view>

namespace luod::client {

// Some of an object's properties, which point into the messages they came in.
struct Properties {
    std::vector<Message> messages;
    Values owner;
    std::vector<luod_value> values;

    const char* text(std::string_view name) const;
    uint64_t number(std::string_view name) const;
    const char* const* texts(std::string_view name) const; // NULL where there are none
};

int getAll(luod_client& client, const char* path, const char* interface, Properties& into);
int getOne(luod_client& client, const char* path, const char* interface, const char* name, Properties& into);

} // namespace luod::client
