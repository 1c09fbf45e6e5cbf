// SPDX-License-Identifier: LGPL-2.1-or-later
// A service manager beside the mock of luod, as soon as a test plays Systemd(): as much of it as luoctl asks.
#include "methods.hpp"

#include <cstring>

namespace mock {
namespace {

constexpr const char *name = "org.freedesktop.systemd1", *path = "/org/freedesktop/systemd1";

int loadUnit(sd_bus_message* message) {
    const char* unit = nullptr;
    sd_bus_message_read(message, "s", &unit);
    if (std::strcmp(unit, "luod.service") != 0)
        return sd_bus_reply_method_errorf(message, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not found.", unit);
    return sd_bus_reply_method_return(message, "o", "/org/freedesktop/systemd1/unit/luod");
}

int getAll(sd_bus_message* message) {
    const char* interface = nullptr;
    sd_bus_message_read(message, "s", &interface);
    if (std::strcmp(interface, "org.freedesktop.systemd1.Unit") == 0)
        return sd_bus_reply_method_return(message, "a{sv}", 3, "ActiveState", "s", "active", "DropInPaths", "as", 2,
                                          "/etc/a.conf", "/etc/b.conf", "Conditions", "a(sb)", 0);
    return sd_bus_reply_method_return(message, "a{sv}", 4, "NRestarts", "u", 3u, "NFileDescriptorStore", "u", 17u,
                                      "FileDescriptorStorePreserve", "s", "yes", "Environment", "as", 1, "HIDDEN=1");
}

int onMessage(sd_bus_message* message, void*, sd_bus_error*) {
    if (sd_bus_message_is_method_call(message, nullptr, "LoadUnit") > 0)
        return loadUnit(message);
    if (sd_bus_message_is_method_call(message, nullptr, "GetAll") > 0)
        return getAll(message);
    if (sd_bus_message_is_method_call(message, nullptr, "Get") > 0)
        return sd_bus_reply_method_return(message, "v", "s", "262.mock");
    return 0;
}

} // namespace

Answered playSystemd(State& state, sd_bus_message* message) {
    sd_bus_add_fallback(state.bus, nullptr, path, onMessage, nullptr);
    sd_bus_request_name(state.bus, name, 0);
    return sendEmpty(message);
}

} // namespace mock
