// SPDX-License-Identifier: LGPL-2.1-or-later
#include "inhibit.hpp"

#include "proto/names.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace mock {
namespace {

int onRelease(sd_event_source* source, int lock, uint32_t, void* data) {
    auto& state = *static_cast<State*>(data);
    std::string who = state.update.inhibitors[lock].who;
    state.update.inhibitors.erase(lock);
    sd_event_source_disable_unref(source);
    close(lock);
    sd_bus_emit_signal(state.bus, luod::proto::managerPath, luod::proto::managerInterface, "UpdateProgress", "sssu",
                       "ready", who.c_str(), "", uint32_t(state.update.inhibitors.size()));
    return 0;
}

} // namespace

Answered inhibit(State& state, sd_bus_message* message) {
    const char *who = nullptr, *why = nullptr, *mode = nullptr;
    sd_bus_message_read(message, "sss", &who, &why, &mode);
    std::string options = textOfOptions(message);
    state.seen["Inhibit"] = options;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return {"LimitReached", "no pipe"};
    uint64_t deadline = options.starts_with("deadline-usec=") ? std::stoull(options.substr(14)) : 0;
    state.update.inhibitors[ends[0]] = {who, why, mode, deadline};
    sd_event_source* source = nullptr;
    sd_event_add_io(state.event, &source, ends[0], EPOLLHUP, onRelease, &state);
    sd_bus_reply_method_return(message, "h", ends[1]);
    close(ends[1]);
    return {};
}

Answered listInhibitors(State& state, sd_bus_message* message) {
    Message reply = replyTo(message);
    const char* now = state.update.phase == "preparing" ? "awaited" : "held";
    sd_bus_message_open_container(reply.get(), 'a', "(sssuustts)");
    for (const auto& [lock, row] : state.update.inhibitors)
        sd_bus_message_append(reply.get(), "(sssuustts)", row.who.c_str(), row.why.c_str(), row.mode.c_str(), 0u, 42u,
                              "vm.service", row.deadline, uint64_t{1'700'000'000'000'000}, now);
    sd_bus_message_close_container(reply.get());
    return send(std::move(reply));
}

} // namespace mock
