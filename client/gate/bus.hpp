// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The system bus as the gate uses it. The gate has one thing to do at a time, so short questions are asked and waited for;
// what takes as long as people take (LiveUpdate) is asked and answered later.

#include "client/lib/message.hpp"

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <string>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

namespace luod::gate {

using client::Message;

struct Failure {
    std::string name, words; // of the D-Bus error

    bool nobodyThere() const; // the service is not on the bus, or left it without an answer
};
template <typename T = void> using Got = std::expected<T, Failure>;

struct Object {
    const char *service, *path, *interface;
};

using OnMessage = std::function<void(sd_bus_message*)>;

class Bus {
public:
    explicit Bus(sd_event* loop); // throws std::runtime_error
    ~Bus();
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    sd_event* loop() { return loop_; }
    bool has(const char* service);

    template <typename... Args> Got<Message> call(const Object& at, const char* method, const char* types, Args... args) {
        Message message = begin(at, method);
        if (!message || sd_bus_message_append(message.get(), types, args...) < 0)
            return std::unexpected(noMemory());
        return send(message.get());
    }
    // `then` is called with the reply, which may be an error; see failureIn().
    template <typename... Args>
    void ask(OnMessage then, const Object& at, const char* method, const char* types, Args... args) {
        Message message = begin(at, method);
        if (message && sd_bus_message_append(message.get(), types, args...) >= 0)
            sendAsync(message.get(), std::move(then));
    }
    // A property of a basic type.
    template <typename T> Got<T> property(const Object& at, const char* name, char type) {
        auto reply = call({at.service, at.path, "org.freedesktop.DBus.Properties"}, "Get", "ss", at.interface, name);
        if (!reply)
            return std::unexpected(reply.error());
        const char contents[] = {type, '\0'};
        T value{};
        if (sd_bus_message_enter_container(reply->get(), 'v', contents) < 0 ||
            sd_bus_message_read_basic(reply->get(), type, &value) < 0)
            return std::unexpected(unreadable(name));
        return value;
    }
    Got<std::string> text(const Object& at, const char* name);

    void onSignal(const Object& from, const char* member, OnMessage then);
    void onOwner(const char* service, std::function<void(bool there)> then);

    static Failure unreadable(const char* what);

private:
    Message begin(const Object& at, const char* method);
    Got<Message> send(sd_bus_message* message);
    void sendAsync(sd_bus_message* message, OnMessage then);
    static Failure noMemory();

    sd_event* loop_;
    sd_bus* bus_ = nullptr;
    std::deque<OnMessage> listeners_; // the bus knows where each lies
};

const sd_bus_error* failureIn(sd_bus_message* reply); // null: none

} // namespace luod::gate
