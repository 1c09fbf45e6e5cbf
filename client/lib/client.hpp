// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The handle behind luod_client, and the two things that every function does with it: fail with words, and keep
// exceptions (out of memory is the only one there is) away from C.

#include "events.hpp"
#include "luod.h"
#include "message.hpp"

#include <cerrno>
#include <new>
#include <string>
#include <string_view>

struct luod_client {
    luod::client::Bus bus;
    std::string errorName, errorMessage;
    luod::client::Subscription subscription;
};

namespace luod::client {

// Keeps the words, returns the number.
int fail(luod_client& client, int error, std::string_view name, std::string message) noexcept;
// For an error without a D-Bus name; the message says what was being done.
int fail(luod_client& client, int error, std::string_view doing) noexcept;
// For what a method call answered.
int failFromBus(luod_client& client, const sd_bus_error& error, int result) noexcept;

// One of luod's own errors, as luod itself would have answered.
int failAsLuod(luod_client& client, std::string_view shortName, std::string message) noexcept;

// -EXXX for "org.luod1.Error.XXX" and the bus's own names.
int errnoOf(const char* errorName, int otherwise) noexcept;

template <typename Body> int guarded(luod_client* client, Body&& body) noexcept {
    if (!client)
        return -EINVAL;
    try {
        client->errorName.clear();
        client->errorMessage.clear();
        return body(*client);
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    } catch (...) {
        return -EIO;
    }
}

} // namespace luod::client
