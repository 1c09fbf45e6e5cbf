// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/errors.hpp"
#include "client.hpp"

#include <algorithm>
#include <cstring>

namespace luod::client {
namespace {

struct Row {
    std::string_view name;
    int number;
};

constexpr std::array ours{
    Row{"InvalidArgument", EINVAL},
    Row{"NoSuchSession", ENOENT},
    Row{"NoSuchFile", ENOENT},
    Row{"AccessDenied", EACCES},
    Row{"Unavailable", ENODEV},
    Row{"Busy", EBUSY},
    Row{"NameTaken", EEXIST},
    Row{"TokenTaken", EEXIST},
    Row{"AlreadyPreserved", EALREADY},
    Row{"LimitReached", ENOSPC},
    Row{"KindNotSupported", EOPNOTSUPP},
    Row{"KernelRefused", EREMOTEIO},
    Row{"WrongDirection", EBADFD},
    Row{"CannotTakeOut", ENOTRECOVERABLE},
    Row{"Lost", ESTALE},
    Row{"LedgerTrouble", EIO},
    Row{"CheckFailed", ECANCELED},
    Row{"Inhibited", EPERM},
    Row{"UpdateUnderWay", EINPROGRESS},
    Row{"NoSuchUpdate", ENOENT},
    Row{"FileInvalid", ENXIO},
};

// The same rows in the same order as the protocol's: a new error there does not compile until it has a number here.
static_assert(std::ranges::equal(ours, proto::errors, {}, &Row::name, &proto::ErrorRow::name));

constexpr std::array others{
    Row{"org.freedesktop.DBus.Error.UnknownObject", ENOENT},
    Row{"org.freedesktop.DBus.Error.AccessDenied", EACCES},
    Row{"org.freedesktop.DBus.Error.ServiceUnknown", EHOSTUNREACH},
    Row{"org.freedesktop.DBus.Error.NameHasNoOwner", EHOSTUNREACH},
    Row{"org.freedesktop.DBus.Error.NoReply", ETIMEDOUT},
    Row{"org.freedesktop.DBus.Error.Timeout", ETIMEDOUT},
    Row{"org.freedesktop.DBus.Error.Disconnected", ENOTCONN},
};

} // namespace

int errnoOf(const char* errorName, int otherwise) noexcept {
    std::string_view name = errorName ? errorName : "";
    if (name.starts_with(proto::errorPrefix)) {
        auto row = std::ranges::find(ours, name.substr(proto::errorPrefix.size()), &Row::name);
        return row != ours.end() ? -row->number : otherwise;
    }
    // The service manager could not start luod: nobody is there, whatever the number says.
    if (name.starts_with("org.freedesktop.DBus.Error.Spawn.") || name.starts_with("org.freedesktop.systemd1."))
        return -EHOSTUNREACH;
    auto row = std::ranges::find(others, name, &Row::name);
    return row != others.end() ? -row->number : otherwise;
}

int fail(luod_client& client, int error, std::string_view name, std::string message) noexcept {
    try {
        client.errorName = name;
        client.errorMessage = std::move(message);
    } catch (const std::bad_alloc&) {
        client.errorName.clear();
        client.errorMessage.clear();
    }
    return error;
}

int fail(luod_client& client, int error, std::string_view doing) noexcept {
    try {
        return fail(client, error, "", std::string(doing) + ": " + strerrordesc_np(-error));
    } catch (const std::bad_alloc&) {
        return error;
    }
}

int failFromBus(luod_client& client, const sd_bus_error& error, int result) noexcept {
    int number = errnoOf(error.name, result);
    try {
        const char* words = error.message && *error.message ? error.message : strerrordesc_np(-number);
        return fail(client, number, error.name ? error.name : "", words ? words : "unknown error");
    } catch (const std::bad_alloc&) {
        return number;
    }
}

int failAsLuod(luod_client& client, std::string_view shortName, std::string message) noexcept {
    try {
        std::string name{proto::errorPrefix};
        name += shortName;
        return fail(client, errnoOf(name.c_str(), -EIO), name, std::move(message));
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
}

} // namespace luod::client

const char* luod_error_name(const luod_client* client) {
    return client ? client->errorName.c_str() : "";
}
const char* luod_error_message(const luod_client* client) {
    return client ? client->errorMessage.c_str() : "";
}
