// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests have the mock play of a live update, as methods of org.luod1.Mock.
#include "methods.hpp"
#include "proto/names.hpp"

namespace mock {
namespace {

using namespace luod::proto;

// All that is in the message, for later.
Message stored(State& state, sd_bus_message* message) {
    sd_bus_message* made = nullptr;
    sd_bus_message_new_signal(state.bus, &made, "/", "mock.Store", "Answer");
    sd_bus_message_copy(made, message, 1);
    sd_bus_message_seal(made, 1, 0);
    return Message{made};
}

Answered playCalls(State& state, sd_bus_message* message) {
    const char* method = nullptr;
    sd_bus_message_read(message, "s", &method);
    sd_bus_reply_method_return(message, "u", state.calls[method]);
    return {};
}

Answered playSeen(State& state, sd_bus_message* message) {
    const char* method = nullptr;
    sd_bus_message_read(message, "s", &method);
    sd_bus_reply_method_return(message, "s", state.seen[method].c_str());
    return {};
}

Answered playFindings(State& state, sd_bus_message* message) {
    state.update.findings = stored(state, message);
    return sendEmpty(message);
}

Answered playReport(State& state, sd_bus_message* message) {
    state.update.report = stored(state, message);
    return sendEmpty(message);
}

Answered playPhase(State& state, sd_bus_message* message) {
    const char *phase = nullptr, *who = nullptr;
    sd_bus_message_read(message, "s", &phase);
    state.update.phase = phase;
    state.update.awaited.clear();
    sd_bus_message_enter_container(message, 'a', "s");
    while (sd_bus_message_read_basic(message, 's', &who) > 0)
        state.update.awaited.emplace_back(who);
    if (Message held = std::move(state.update.held))
        sd_bus_reply_method_return(held.get(), "s", "6b1f");
    emitPhase(state);
    return sendEmpty(message);
}

Answered playProgress(State& state, sd_bus_message* message) {
    const char *what = nullptr, *subject = nullptr, *detail = nullptr;
    uint32_t awaited = 0;
    sd_bus_message_read(message, "sssu", &what, &subject, &detail, &awaited);
    sd_bus_emit_signal(state.bus, managerPath, managerInterface, "UpdateProgress", "sssu", what, subject, detail,
                       awaited);
    return sendEmpty(message);
}

Answered playPrepare(State& state, sd_bus_message* message) {
    const char* to = nullptr;
    uint64_t deadline = 0;
    sd_bus_message_read(message, "st", &to, &deadline);
    sd_bus_emit_signal(state.bus, managerPath, managerInterface, "PrepareForLiveUpdate", "ba{sv}", 1, 4, "update", "s",
                       "6b1f", "mode", "s", "systemd", "deadline-usec", "t", deadline, "to", "s", to);
    return sendEmpty(message);
}

Answered playOver(State& state, sd_bus_message* message) {
    const char *outcome = nullptr, *reason = nullptr;
    sd_bus_message_read(message, "ss", &outcome, &reason);
    emitOver(state, outcome, reason);
    return sendEmpty(message);
}

Answered playHandover(State& state, sd_bus_message* message) {
    const char *word = nullptr, *reason = nullptr;
    sd_bus_message_read(message, "ss", &word, &reason);
    state.update.handover = word;
    state.update.handoverReason = reason;
    return sendEmpty(message);
}

Answered playHoldReply(State& state, sd_bus_message* message) {
    state.update.holdReply = true;
    return sendEmpty(message);
}

} // namespace

void emitPhase(State& state) {
    sd_bus_emit_signal(state.bus, managerPath, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as",
                       managerInterface, 1, "Phase", "s", state.update.phase.c_str(), 1, "Awaited");
}

void emitOver(State& state, const char* outcome, const char* reason) {
    sd_bus_emit_signal(state.bus, managerPath, managerInterface, "PrepareForLiveUpdate", "ba{sv}", 0, 3, "update", "s",
                       "6b1f", "outcome", "s", outcome, "reason", "s", reason);
}

std::optional<Answered> playUpdate(State& state, const std::string& method, sd_bus_message* message) {
    using Method = Answered (*)(State&, sd_bus_message*);
    static const std::map<std::string, Method> methods{
        {"Calls", playCalls},       {"Seen", playSeen},          {"Findings", playFindings}, {"Report", playReport},
        {"Phase", playPhase},       {"Progress", playProgress},  {"Prepare", playPrepare},   {"Over", playOver},
        {"Handover", playHandover}, {"HoldReply", playHoldReply}};
    auto at = methods.find(method);
    return at == methods.end() ? std::nullopt : std::optional(at->second(state, message));
}

} // namespace mock
