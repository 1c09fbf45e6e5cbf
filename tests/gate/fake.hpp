// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A service on the bus that does what the test says.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <vector>

namespace gate {

class Fake {
public:
    // What a method does: it reads the call and replies to it, or leaves that for later.
    using Method = std::function<int(sd_bus_message*)>;

    Fake(sd_event* loop, const std::string& address, std::string name, std::string path);

    void method(const std::string& member, Method what) { methods_[member] = std::move(what); }
    void refuse(const std::string& member, const char* error, const char* words);
    template <typename... Args> void property(const std::string& name, const char* type, Args... args) {
        properties_[name] = [=](sd_bus_message* reply) { return sd_bus_message_append(reply, "v", type, args...); };
    }
    template <typename... Args>
    void signal(const char* interface, const char* member, const char* types, Args... args) {
        sd_bus_emit_signal(bus_.get(), path_.c_str(), interface, member, types, args...);
    }

    // On the bus, or gone from it: without a word to whom it owes an answer.
    void come();
    void go() { bus_.reset(); }

    void ping(std::function<void()> answered); // whoever called last

    std::vector<std::string> calls; // members, without questions for properties
    bool called(const std::string& member) const;
    std::size_t times(const std::string& member) const;

private:
    struct Close {
        void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
    };
    static int heard(sd_bus_message* message, void* self, sd_bus_error* error);
    int answer(sd_bus_message* message);
    int answerGet(sd_bus_message* message);

    sd_event* loop_;
    std::string address_, name_, path_;
    std::unique_ptr<sd_bus, Close> bus_;
    std::string caller_;
    std::map<std::string, Method> methods_;
    std::map<std::string, std::function<int(sd_bus_message*)>> properties_;
};

} // namespace gate
