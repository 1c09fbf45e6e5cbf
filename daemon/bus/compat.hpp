// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The one place where sdbus-c++ 1.2 (Debian 12) and 2.x (Debian 13 and later) differ for us.

#include <cstdint>
#include <functional>
#include <limits>
#include <sdbus-c++/sdbus-c++.h>
#include <string>
#include <systemd/sd-bus.h>
#include <utility>

#if __has_include(<sdbus-c++/VTableItems.h>)
#define LUOD_SDBUS_2 1
#else
#define LUOD_SDBUS_2 0
#endif

namespace luod::bus::compat {

#if LUOD_SDBUS_2
using ServiceName = sdbus::ServiceName;
using InterfaceName = sdbus::InterfaceName;
using SignalName = sdbus::SignalName;
using PropertyName = sdbus::PropertyName;
using CallError = std::optional<sdbus::Error>;

inline sdbus::Error error(const std::string& name, const std::string& words) {
    return sdbus::Error(sdbus::Error::Name{name}, words);
}
inline std::string nameOf(const sdbus::Error& error) { return error.getName(); }
[[nodiscard]] inline sdbus::Slot match(sdbus::IConnection& bus, const std::string& rule,
                                       std::function<void(const sdbus::Message&)> callback) {
    return bus.addMatch(rule, [callback = std::move(callback)](sdbus::Message message) { callback(message); },
                        sdbus::return_slot);
}
inline bool processOne(sdbus::IConnection& bus) { return bus.processPendingEvent(); }
inline sdbus::Message atHand(sdbus::IObject& object) { return object.getCurrentlyProcessedMessage(); }
inline std::string sender(sdbus::IObject& object) { return object.getCurrentlyProcessedMessage().getSender(); }
inline void finishRegistration(sdbus::IProxy&) {}
#else
using ServiceName = std::string;
using InterfaceName = std::string;
using SignalName = std::string;
using PropertyName = std::string;
using CallError = const sdbus::Error*;

inline sdbus::Error error(const std::string& name, const std::string& words) { return sdbus::Error(name, words); }
inline std::string nameOf(const sdbus::Error& error) { return error.getName(); }
[[nodiscard]] inline sdbus::Slot match(sdbus::IConnection& bus, const std::string& rule,
                                       std::function<void(const sdbus::Message&)> callback) {
    return bus.addMatch(rule, [callback = std::move(callback)](sdbus::Message& message) { callback(message); });
}
inline bool processOne(sdbus::IConnection& bus) { return bus.processPendingRequest(); }
inline const sdbus::Message& atHand(sdbus::IObject& object) { return *object.getCurrentlyProcessedMessage(); }
inline std::string sender(sdbus::IObject& object) { return object.getCurrentlyProcessedMessage()->getSender(); }
inline void finishRegistration(sdbus::IProxy& proxy) { proxy.finishRegistration(); }
#endif

// What is needed to answer a call later, and nothing of the object it came to. A call that sd-bus has dispatched points into
// that object's table of methods: to answer it after the object is gone would be a use after free.
class Detached : public sdbus::MethodCall {
public:
    explicit Detached(const sdbus::Message& call) {
        auto* from = static_cast<sd_bus_message*>(call.*(&Detached::msg_));
        sd_bus_message* to = nullptr;
        std::uint64_t cookie = 0;
        int result = sd_bus_message_new_method_call(sd_bus_message_get_bus(from), &to, nullptr, sd_bus_message_get_path(from),
                                                    sd_bus_message_get_interface(from), sd_bus_message_get_member(from));
        msg_ = to;
#if LUOD_SDBUS_2
        connection_ = call.*(&Detached::connection_);
#else
        sdbus_ = call.*(&Detached::sdbus_);
#endif
        if (result < 0 || (result = sd_bus_message_set_sender(to, sd_bus_message_get_sender(from))) < 0 ||
            (result = sd_bus_message_set_expect_reply(to, sd_bus_message_get_expect_reply(from))) < 0 ||
            (result = sd_bus_message_get_cookie(from, &cookie)) < 0 || (result = sd_bus_message_seal(to, cookie, 0)) < 0)
            throw sdbus::createError(-result, "a call cannot be kept for its answer");
    }
};

// What to wait for. CLOCK_MONOTONIC microseconds; `never` where there is nothing to wait for but the fds.
struct Poll {
    int fd, eventFd;
    short events;
    std::uint64_t deadline;
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
};
inline Poll poll(const sdbus::IConnection& bus) {
    auto data = bus.getEventLoopPollData();
#if LUOD_SDBUS_2
    using std::chrono::microseconds;
    auto deadline = data.timeout == microseconds::max() ? Poll::never : std::uint64_t(data.timeout.count());
    return {data.fd, data.eventFd, data.events, deadline};
#else
    return {data.fd, -1, data.events, data.timeout_usec};
#endif
}

} // namespace luod::bus::compat
