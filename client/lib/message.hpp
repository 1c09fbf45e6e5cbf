// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// sd-bus with owners for its references, and one way to make a method call.

#include <cstdint>
#include <memory>
#include <systemd/sd-bus.h>

struct luod_client;

namespace luod::client {

// A connection that others use too is not ours to close.
struct UnrefBus {
    bool close = true;
    void operator()(sd_bus* bus) const noexcept { close ? sd_bus_flush_close_unref(bus) : sd_bus_unref(bus); }
};
struct Unref {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};
using Bus = std::unique_ptr<sd_bus, UnrefBus>;
using Message = std::unique_ptr<sd_bus_message, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;

// Calls on which the kernel works take as long as it takes: a bus that loses luod answers by itself.
inline constexpr uint64_t usualTimeout = 0, noTimeout = UINT64_MAX;

// A method call in the making: fill message in, then send it. Every step after a failed one does nothing, so that only
// send's result has to be looked at.
class Call {
public:
    Call(luod_client& client, const char* path, const char* interface, const char* method);

    template <typename... Args> Call& add(const char* types, Args... args) {
        if (result_ >= 0)
            result_ = sd_bus_message_append(message_.get(), types, args...);
        return *this;
    }
    template <typename Fill> Call& with(Fill&& fill) {
        if (result_ >= 0)
            result_ = fill(message_.get());
        return *this;
    }
    // 0 or more, or the negative errno that the C function is to return; the words are on the client.
    int send(Message& reply, uint64_t timeout = usualTimeout);
    int send(uint64_t timeout = usualTimeout);

private:
    luod_client& client_;
    Message message_;
    int result_;
};

// A call to the session's interface whose reply says nothing.
Call sessionCall(luod_client& client, const char* session, const char* method);
Call managerCall(luod_client& client, const char* method);

// What came over the bus is not what the XML promises.
int badReply(luod_client& client, int result);

} // namespace luod::client
