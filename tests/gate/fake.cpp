// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fake.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace gate {

static void check(int result, const char* doing) {
    if (result < 0)
        throw std::runtime_error(std::string(doing) + ": " + std::strerror(-result));
}

Fake::Fake(sd_event* loop, const std::string& address, std::string name, std::string path)
    : loop_(loop), address_(address), name_(std::move(name)), path_(std::move(path)) {}

void Fake::come() {
    sd_bus* bus = nullptr;
    check(sd_bus_new(&bus), "a bus");
    bus_.reset(bus);
    check(sd_bus_set_address(bus, address_.c_str()), "its address");
    check(sd_bus_set_bus_client(bus, true), "its kind");
    check(sd_bus_start(bus), "connecting");
    check(sd_bus_attach_event(bus, loop_, SD_EVENT_PRIORITY_NORMAL), "attaching");
    check(sd_bus_add_fallback(bus, nullptr, "/", heard, this), "objects");
    check(sd_bus_request_name(bus, name_.c_str(), 0), "the name");
}

void Fake::refuse(const std::string& member, const char* error, const char* words) {
    method(member, [=](sd_bus_message* call) { return sd_bus_reply_method_errorf(call, error, "%s", words); });
}

bool Fake::called(const std::string& member) const { return times(member) > 0; }

std::size_t Fake::times(const std::string& member) const {
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), member));
}

int Fake::heard(sd_bus_message* message, void* self, sd_bus_error*) { return static_cast<Fake*>(self)->answer(message); }

int Fake::answer(sd_bus_message* message) {
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0)
        return 0;
    caller_ = sd_bus_message_get_sender(message);
    if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties", "Get") > 0)
        return answerGet(message);
    std::string member = sd_bus_message_get_member(message);
    calls.push_back(member);
    auto known = methods_.find(member);
    return known == methods_.end() ? 0 : known->second(message) < 0 ? -EIO : 1;
}

void Fake::ping(std::function<void()> answered) {
    if (!bus_ || caller_.empty())
        return answered();
    auto* then = new std::function<void()>(std::move(answered));
    auto back = [](sd_bus_message*, void* then, sd_bus_error*) {
        auto* answered = static_cast<std::function<void()>*>(then);
        (*answered)();
        delete answered;
        return 0;
    };
    check(sd_bus_call_method_async(bus_.get(), nullptr, caller_.c_str(), "/", "org.freedesktop.DBus.Peer", "Ping", back,
                                   then, ""), "pinging");
}

int Fake::answerGet(sd_bus_message* message) {
    const char *interface = nullptr, *name = nullptr;
    check(sd_bus_message_read(message, "ss", &interface, &name), "Get");
    // of the object's: "NAME", or "PATH NAME" where one object differs from others
    auto known = properties_.find(std::string(sd_bus_message_get_path(message)) + " " + name);
    if (known == properties_.end())
        known = properties_.find(name);
    if (known == properties_.end())
        return sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_PROPERTY, "no %s", name);
    sd_bus_message* reply = nullptr;
    check(sd_bus_message_new_method_return(message, &reply), "a reply");
    std::unique_ptr<sd_bus_message, sd_bus_message* (*)(sd_bus_message*)> owned(reply, sd_bus_message_unref);
    check(known->second(reply), "a property");
    check(sd_bus_send(nullptr, reply, nullptr), "sending");
    return 1;
}

} // namespace gate
