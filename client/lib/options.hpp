// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The a{sv} of options that many of the manager's methods take: only what was asked for is in it.

#include "values.hpp"

namespace luod::client {

class Options {
public:
    void flag(const char* key, bool on) {
        if (on)
            values_.push_back({.key = key, .type = LUOD_BOOL, .as = {.u = 1}});
    }
    void number(const char* key, uint64_t value) {
        if (value)
            values_.push_back({.key = key, .type = LUOD_UINT64, .as = {.u = value}});
    }
    void uid(const char* key, uint32_t value) {
        if (value != LUOD_ANY_OWNER)
            values_.push_back({.key = key, .type = LUOD_UINT32, .as = {.u = value}});
    }
    void text(const char* key, const char* value) {
        if (value)
            values_.push_back({.key = key, .type = LUOD_STRING, .as = {.s = value}});
    }
    void texts(const char* key, const char* const* values) {
        if (values && *values)
            values_.push_back({.key = key, .type = LUOD_STRINGS, .as = {.strings = values}});
    }

    int operator()(sd_bus_message* message) const { return appendValues(message, values_.data(), values_.size()); }

private:
    std::vector<luod_value> values_;
};

} // namespace luod::client
