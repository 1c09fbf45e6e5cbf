// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>

namespace luod::gate {

namespace {

constexpr std::uint64_t patience = 20'000'000; // microseconds, for what is asked and waited for
constexpr Object busItself{"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"};

int heard(sd_bus_message* message, void* then, sd_bus_error*) {
    (*static_cast<OnMessage*>(then))(message);
    return 0;
}

void check(int result, const char* doing) {
    if (result < 0)
        throw std::runtime_error(fmt::format("{}: {}", doing, std::strerror(-result)));
}

// Owns the error that sd-bus fills in.
struct Error {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    ~Error() { sd_bus_error_free(&error); }
};

} // namespace

bool Failure::nobodyThere() const {
    for (const char* known : {SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_NO_REPLY,
                              SD_BUS_ERROR_DISCONNECTED})
        if (name == known)
            return true;
    return false;
}

Bus::Bus(sd_event* loop) : loop_(loop) {
    check(sd_bus_open_system(&bus_), "connecting to the system bus");
    check(sd_bus_set_exit_on_disconnect(bus_, true), "watching the connection");
    check(sd_bus_attach_event(bus_, loop_, SD_EVENT_PRIORITY_NORMAL), "attaching the bus");
}

Bus::~Bus() { sd_bus_flush_close_unref(bus_); }

bool Bus::has(const char* service) {
    auto reply = call(busItself, "NameHasOwner", "s", service);
    int yes = 0;
    return reply && sd_bus_message_read_basic(reply->get(), 'b', &yes) >= 0 && yes;
}

Got<std::string> Bus::text(const Object& at, const char* name) {
    auto reply = call({at.service, at.path, "org.freedesktop.DBus.Properties"}, "Get", "ss", at.interface, name);
    if (!reply)
        return std::unexpected(reply.error());
    const char* value = nullptr;
    if (sd_bus_message_read(reply->get(), "v", "s", &value) < 0)
        return std::unexpected(unreadable(name));
    return value;
}

void Bus::onSignal(const Object& from, const char* member, OnMessage then) {
    listeners_.push_back(std::move(then));
    check(sd_bus_match_signal(bus_, nullptr, from.service, from.path, from.interface, member, heard, &listeners_.back()),
          "listening");
}

void Bus::onOwner(const char* service, std::function<void(bool there)> then) {
    onSignal(busItself, "NameOwnerChanged", [name = std::string(service), then = std::move(then)](sd_bus_message* message) {
        const char *whose = nullptr, *before = nullptr, *now = nullptr;
        if (sd_bus_message_read(message, "sss", &whose, &before, &now) >= 0 && name == whose)
            then(*now != '\0');
    });
}

Message Bus::begin(const Object& at, const char* method) {
    sd_bus_message* message = nullptr;
    if (sd_bus_message_new_method_call(bus_, &message, at.service, at.path, at.interface, method) >= 0)
        sd_bus_message_set_auto_start(message, false); // whoever is not there has nothing to say about a shutdown
    return Message(message);
}

Got<Message> Bus::send(sd_bus_message* message) {
    Error error;
    sd_bus_message* reply = nullptr;
    int result = sd_bus_call(bus_, message, patience, &error.error, &reply);
    if (result >= 0)
        return Message(reply);
    return std::unexpected(Failure{error.error.name ? error.error.name : "",
                                   error.error.message ? error.error.message : std::strerror(-result)});
}

void Bus::sendAsync(sd_bus_message* message, OnMessage then) {
    auto kept = std::make_unique<OnMessage>(std::move(then));
    sd_bus_slot* slot = nullptr;
    if (sd_bus_call_async(bus_, &slot, message, heard, kept.get(), UINT64_MAX) < 0)
        return;
    sd_bus_slot_set_destroy_callback(slot, [](void* then) { delete static_cast<OnMessage*>(then); });
    kept.release();
    sd_bus_slot_set_floating(slot, true);
    sd_bus_slot_unref(slot);
}

Failure Bus::unreadable(const char* what) {
    return {SD_BUS_ERROR_INCONSISTENT_MESSAGE, fmt::format("{} came in an unexpected form", what)};
}

Failure Bus::noMemory() { return {SD_BUS_ERROR_NO_MEMORY, "no memory for a message"}; }

const sd_bus_error* failureIn(sd_bus_message* reply) {
    return sd_bus_message_is_method_error(reply, nullptr) > 0 ? sd_bus_message_get_error(reply) : nullptr;
}

} // namespace luod::gate
