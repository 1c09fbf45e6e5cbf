// SPDX-License-Identifier: LGPL-2.1-or-later
// From D-Bus signals to events.
#include "signals.hpp"

#include "client.hpp"
#include "properties.hpp"
#include "proto/names.hpp"

#include <cstring>

namespace luod::client {
namespace {

std::string pathOf(sd_bus_message* message) {
    const char* path = sd_bus_message_get_path(message);
    return path ? path : "";
}

// Runs down the interfaces in an a{sa{sv}} to the session's and reads its properties.
int readSession(sd_bus_message* message, Properties& properties) {
    int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
        const char* interface = nullptr;
        r = sd_bus_message_read_basic(message, 's', &interface);
        if (r >= 0 && std::strcmp(interface, proto::sessionInterface) == 0) {
            const luod_value* values = nullptr;
            size_t n = 0;
            r = readValues(message, properties.owner, values, n);
            properties.values.assign(values, values + n);
            return r;
        }
        if (r >= 0)
            r = sd_bus_message_skip(message, "a{sv}");
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    return r < 0 ? r : -ENODATA;
}

int added(sd_bus_message* message, Event& event) {
    const char* path = nullptr;
    Properties properties;
    int r = sd_bus_message_read_basic(message, 'o', &path);
    if (r >= 0)
        r = readSession(message, properties);
    if (r < 0)
        return r;
    event.event.type = LUOD_EVENT_SESSION_ADDED;
    event.session = path;
    event.name = properties.text("Name");
    return 0;
}

int removed(sd_bus_message* message, Event& event) {
    const char* path = nullptr;
    int r = sd_bus_message_read_basic(message, 'o', &path);
    event.event.type = LUOD_EVENT_SESSION_REMOVED;
    event.session = path ? path : "";
    return r;
}

int changed(sd_bus_message* message, Event& event) {
    const char* interface = nullptr;
    Properties properties;
    const luod_value* values = nullptr;
    size_t n = 0;
    int r = sd_bus_message_read_basic(message, 's', &interface);
    if (r >= 0)
        r = readValues(message, properties.owner, values, n);
    if (r < 0)
        return r;
    properties.values.assign(values, values + n);
    for (const luod_value& value : properties.values)
        if (std::strcmp(value.key, "State") == 0) {
            event.event.type = LUOD_EVENT_SESSION_CHANGED;
            event.session = pathOf(message);
            event.state = properties.text("State");
        } else if (std::strcmp(value.key, "Available") == 0) {
            event.event.type = LUOD_EVENT_AVAILABLE;
            event.event.available = value.as.u != 0;
            event.state = properties.text("UnavailableReason");
        } else if (std::strcmp(value.key, "Phase") == 0) {
            event.event.type = LUOD_EVENT_PHASE;
            event.state = properties.text("Phase");
        }
    return event.event.type ? 0 : -ENODATA;
}

int ofFile(sd_bus_message* message, int type, Event& event) {
    int r = sd_bus_message_read_basic(message, 't', &event.event.token);
    const char* name = "";
    if (r >= 0 && (type == LUOD_EVENT_FILE_PRESERVED || type == LUOD_EVENT_FILE_INVALID))
        r = sd_bus_message_read_basic(message, 's', &name);
    event.event.type = type;
    event.session = pathOf(message);
    event.name = name ? name : "";
    return r;
}

} // namespace

int readSignal(sd_bus_message* message, Event& event) {
    auto is = [&](const char* interface, const char* member) {
        return sd_bus_message_is_signal(message, interface, member) > 0;
    };
    if (is(objectManagerInterface, "InterfacesAdded"))
        return added(message, event);
    if (is(objectManagerInterface, "InterfacesRemoved"))
        return removed(message, event);
    if (is(propertiesInterface, "PropertiesChanged"))
        return changed(message, event);
    if (is(proto::sessionInterface, "FilePreserved"))
        return ofFile(message, LUOD_EVENT_FILE_PRESERVED, event);
    if (is(proto::sessionInterface, "FileTakenOut"))
        return ofFile(message, LUOD_EVENT_FILE_TAKEN_OUT, event);
    if (is(proto::sessionInterface, "FileRetrieved"))
        return ofFile(message, LUOD_EVENT_FILE_RETRIEVED, event);
    if (is(proto::sessionInterface, "FileInvalidated"))
        return ofFile(message, LUOD_EVENT_FILE_INVALID, event);
    if (is(proto::managerInterface, "PrepareForLiveUpdate"))
        return readPrepare(message, event);
    if (is(proto::managerInterface, "UpdateProgress"))
        return readProgress(message, event);
    return -ENODATA;
}

} // namespace luod::client
