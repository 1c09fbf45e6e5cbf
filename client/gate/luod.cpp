// SPDX-License-Identifier: LGPL-2.1-or-later
#include "luod.hpp"

#include "proto/names.hpp"

#include <string_view>

namespace luod::gate {

namespace {

constexpr Object manager{proto::busName, proto::managerPath, proto::managerInterface};
constexpr Object properties{proto::busName, proto::managerPath, "org.freedesktop.DBus.Properties"};

// Runs down an a{sv}; those that are strings are told.
template <typename Tell> void eachText(sd_bus_message* message, Tell tell) {
    sd_bus_message_enter_container(message, 'a', "{sv}");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
        const char *key = nullptr, *value = nullptr, *contents = nullptr;
        char type = 0;
        if (sd_bus_message_read_basic(message, 's', &key) < 0 || sd_bus_message_peek_type(message, &type, &contents) < 0)
            return;
        if (std::string_view(contents) != "s")
            sd_bus_message_skip(message, "v");
        else if (sd_bus_message_read(message, "v", "s", &value) >= 0)
            tell(std::string_view(key), value);
        sd_bus_message_exit_container(message);
    }
}

} // namespace

Luod::Luod(Bus& bus) : bus_(bus) {
    bus_.onOwner(proto::busName, [this](bool there) { cameOrWent(there); });
    bus_.onSignal(properties, "PropertiesChanged", [this](sd_bus_message* message) { readChange(message); });
    bus_.onSignal(manager, "PrepareForLiveUpdate", [this](sd_bus_message* message) { readOver(message); });
    refresh();
}

bool Luod::refresh() {
    auto phase = bus_.text(manager, "Phase");
    auto mode = bus_.text(manager, "UpdateMode");
    there_ = phase || bus_.has(proto::busName);
    phase_ = phase.value_or("");
    mode_ = mode.value_or("");
    return phase.has_value();
}

void Luod::cameOrWent(bool there) {
    if (there) {
        refresh();
    } else {
        there_ = false;
        phase_.clear();
    }
    changed_();
}

void Luod::readChange(sd_bus_message* message) {
    const char* interface = nullptr;
    if (sd_bus_message_read_basic(message, 's', &interface) < 0 || std::string_view(interface) != manager.interface)
        return;
    auto before = phase_;
    eachText(message, [this](std::string_view key, const char* value) {
        if (key == "Phase")
            phase_ = value;
        else if (key == "UpdateMode")
            mode_ = value;
    });
    if (phase_ != before)
        changed_();
}

void Luod::readOver(sd_bus_message* message) {
    int start = 0;
    std::string outcome, reason;
    if (sd_bus_message_read_basic(message, 'b', &start) < 0 || start)
        return;
    eachText(message, [&](std::string_view key, const char* value) {
        if (key == "outcome")
            outcome = value;
        else if (key == "reason")
            reason = value;
    });
    if (outcome == "aborted")
        aborted_(reason);
}

Got<bool> Luod::nothingAtStake() {
    auto sessions = bus_.property<std::uint32_t>(manager, "Sessions", 'u');
    if (!sessions)
        return std::unexpected(sessions.error());
    auto inhibitors = bus_.call(manager, "ListInhibitors", "");
    if (!inhibitors)
        return std::unexpected(inhibitors.error());
    bool none = sd_bus_message_enter_container(inhibitors->get(), 'a', "(sssuustts)") >= 0 &&
                sd_bus_message_at_end(inhibitors->get(), false) > 0;
    return none && *sessions == 0 && phase_ == "idle";
}

void Luod::update(std::uint64_t deadline, std::function<void(const Failure& why)> refused) {
    auto answered = [refused = std::move(refused)](sd_bus_message* reply) {
        if (const sd_bus_error* error = failureIn(reply))
            refused({error->name, error->message ? error->message : error->name});
    };
    bus_.ask(answered, manager, "LiveUpdate", "a{sv}", 4, "mode", "s", "systemd", "shutdown-asked", "b", 1,
             "deadline-usec", "t", deadline, "reason", "s", "a shutdown into the next kernel was asked for");
}

void Luod::abort(const std::string& why) {
    bus_.ask([](sd_bus_message*) {}, manager, "AbortLiveUpdate", "sa{sv}", why.c_str(), 0);
}

} // namespace luod::gate
