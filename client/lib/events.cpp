// SPDX-License-Identifier: LGPL-2.1-or-later
#include "events.hpp"

#include "client.hpp"
#include "proto/names.hpp"
#include "signals.hpp"

#include <poll.h>
#include <time.h>

using namespace luod::client;

namespace {

constexpr const char* driver = "org.freedesktop.DBus";

int onSignal(sd_bus_message* message, void* data, sd_bus_error*) noexcept {
    auto& subscription = static_cast<luod_client*>(data)->subscription;
    const char* sender = sd_bus_message_get_sender(message);
    try {
        // Anybody on the bus may send this connection a signal that looks like luod's.
        Event event;
        if (sender && subscription.owner == sender && readSignal(message, event) >= 0)
            subscription.queue.push_back(std::move(event));
        return 0;
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
}

void noteOwner(luod_client& client, const char* owner) {
    Subscription& subscription = client.subscription;
    bool back = *owner != '\0';
    subscription.owner = owner;
    Event event;
    event.event.type = back ? LUOD_EVENT_LUOD_BACK : LUOD_EVENT_LUOD_GONE;
    subscription.queue.push_back(std::move(event));
    // A restarted luod knows no subscribers. Its answer is not waited for: should it be gone again, the next one is
    // asked.
    if (back)
        sd_bus_call_method_async(client.bus.get(), nullptr, luod::proto::busName, luod::proto::managerPath,
                                 luod::proto::managerInterface, "Subscribe", nullptr, nullptr, nullptr);
}

int onOwnerChanged(sd_bus_message* message, void* data, sd_bus_error*) noexcept {
    auto& client = *static_cast<luod_client*>(data);
    const char *name = nullptr, *before = nullptr, *now = nullptr;
    if (sd_bus_message_read(message, "sss", &name, &before, &now) < 0 || client.subscription.owner == now)
        return 0;
    try {
        noteOwner(client, now);
        return 0;
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
}

int addMatch(luod_client& client, const std::string& rule, sd_bus_message_handler_t handler) {
    sd_bus_slot* slot = nullptr;
    int r = sd_bus_add_match(client.bus.get(), &slot, rule.c_str(), handler, &client);
    if (r >= 0)
        client.subscription.slots.emplace_back(slot);
    return r;
}

int listen(luod_client& client, const std::string& signals) {
    using namespace std::string_literals;
    return addMatch(client, "type='signal',sender='"s + luod::proto::busName + "',interface='" + signals, onSignal);
}

// Not all that luod says: with hundreds of clients, each hearing of each other's readiness would be what an update waits for.
int addMatches(luod_client& client) {
    std::string name = luod::proto::busName;
    int r = 0;
    for (const std::string& signals :
         {std::string(objectManagerInterface) + "'", std::string(propertiesInterface) + "'",
          std::string(luod::proto::sessionInterface) + "'",
          std::string(luod::proto::managerInterface) + "',member='PrepareForLiveUpdate'"})
        if ((r = listen(client, signals)) < 0)
            return r;
    return addMatch(client,
                    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                    "member='NameOwnerChanged',arg0='" +
                        name + "'",
                    onOwnerChanged);
}

int learnOwner(luod_client& client) {
    sd_bus_message* made = nullptr;
    sd_bus_error error = SD_BUS_ERROR_NULL;
    int r = sd_bus_call_method(client.bus.get(), driver, "/org/freedesktop/DBus", driver, "GetNameOwner", &error, &made,
                               "s", luod::proto::busName);
    Message reply{made};
    if (r < 0)
        r = failFromBus(client, error, r);
    sd_bus_error_free(&error);
    const char* owner = nullptr;
    if (r >= 0 && (r = sd_bus_message_read_basic(reply.get(), 's', &owner)) < 0)
        return badReply(client, r);
    if (r >= 0)
        client.subscription.owner = owner;
    return r;
}

int subscribe(luod_client& client) {
    Subscription& subscription = client.subscription;
    if (subscription.on)
        return 0;
    int r = addMatches(client);
    if (r < 0)
        r = fail(client, r, "cannot listen on the bus");
    if (r >= 0)
        r = managerCall(client, "Subscribe").send(); // starts luod where it does not run, so that it has an owner
    if (r >= 0)
        r = learnOwner(client);
    subscription.on = r >= 0;
    if (!subscription.on)
        subscription = {};
    return r < 0 ? r : 0;
}

int subscribeProgress(luod_client& client) {
    int r = subscribe(client);
    if (r < 0 || client.subscription.progress)
        return r;
    r = listen(client, std::string(luod::proto::managerInterface) + "',member='UpdateProgress'");
    client.subscription.progress = r >= 0;
    return r < 0 ? fail(client, r, "cannot listen on the bus") : 0;
}

uint64_t monotonicNow() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return uint64_t(now.tv_sec) * 1'000'000 + uint64_t(now.tv_nsec) / 1'000;
}

int waitBus(luod_client& client, uint64_t until) {
    uint64_t now = monotonicNow();
    if (now >= until)
        return -ETIME;
    int r = sd_bus_wait(client.bus.get(), until == UINT64_MAX ? UINT64_MAX : until - now);
    return r < 0 && r != -EINTR ? r : 0;
}

} // namespace

void luod::client::Event::point() {
    event.session = session.c_str();
    event.name = name.c_str();
    event.state = state.c_str();
    event.update = update.c_str();
    event.mode = mode.c_str();
    event.to = to.c_str();
    event.outcome = outcome.c_str();
    event.reason = reason.c_str();
    event.what = what.c_str();
    event.subject = subject.c_str();
    event.detail = detail.c_str();
}

int luod_subscribe(luod_client* client) {
    return guarded(client, subscribe);
}

int luod_subscribe_progress(luod_client* client) {
    return guarded(client, subscribeProgress);
}

int luod_get_fd(luod_client* client) {
    return guarded(client, [](luod_client& c) { return sd_bus_get_fd(c.bus.get()); });
}

int luod_get_events(luod_client* client) {
    return guarded(client, [](luod_client& c) { return sd_bus_get_events(c.bus.get()); });
}

int luod_get_timeout(luod_client* client, uint64_t* ret_usec) {
    return guarded(client, [&](luod_client& c) {
        if (!ret_usec)
            return fail(c, -EINVAL, "timeout");
        int r = sd_bus_get_timeout(c.bus.get(), ret_usec);
        return r < 0 ? r : 0;
    });
}

int luod_process(luod_client* client) {
    return guarded(client, [](luod_client& c) {
        int r = sd_bus_process(c.bus.get(), nullptr);
        return r == -ECONNRESET || r == -ENOTCONN ? fail(c, -ENOTCONN, "the bus is gone") : r < 0 ? r : r > 0;
    });
}

int luod_next_event(luod_client* client, const luod_event** ret) {
    return guarded(client, [&](luod_client& c) {
        Subscription& s = c.subscription;
        if (!ret || s.queue.empty())
            return ret ? 0 : -EINVAL;
        s.current = std::move(s.queue.front());
        s.queue.pop_front();
        s.current.point();
        *ret = &s.current.event;
        return 1;
    });
}

int luod_wait_event(luod_client* client, uint64_t usec, const luod_event** ret) {
    uint64_t start = monotonicNow(), until = usec > UINT64_MAX - start ? UINT64_MAX : start + usec;
    for (;;) {
        if (int r = luod_next_event(client, ret); r != 0)
            return r;
        if (int r = luod_process(client); r < 0)
            return r;
        else if (r > 0)
            continue;
        if (int r = guarded(client, [&](luod_client& c) { return waitBus(c, until); }); r < 0)
            return r == -ETIME ? 0 : r;
    }
}
