// SPDX-License-Identifier: LGPL-2.1-or-later
#include "inhibit.hpp"
#include "methods.hpp"
#include "proto/names.hpp"

#include <string_view>

namespace mock {
namespace {

bool available = true;

void signalAdded(State& state, const Session& session) {
    sd_bus_message* made = nullptr;
    sd_bus_message_new_signal(state.bus, &made, luod::proto::managerPath, "org.freedesktop.DBus.ObjectManager",
                              "InterfacesAdded");
    Message signal{made};
    sd_bus_message_append(made, "o", session.path.c_str());
    sd_bus_message_open_container(made, 'a', "{sa{sv}}");
    sd_bus_message_open_container(made, 'e', "sa{sv}");
    sd_bus_message_append(made, "s", luod::proto::sessionInterface);
    appendProperties(made, session);
    sd_bus_message_close_container(made);
    sd_bus_message_close_container(made);
    sd_bus_send(state.bus, made, nullptr);
}

Answered create(State& state, sd_bus_message* message) {
    const char* name = nullptr;
    uint32_t owner = 0;
    sd_bus_message_read(message, "s", &name);
    if (sd_bus_message_has_signature(message, "su") > 0) // CreateFor
        sd_bus_message_read(message, "u", &owner);
    for (const auto& [path, session] : state.sessions)
        if (session->name == name && session->owner == owner)
            return {"NameTaken", std::string("there is a session ") + name + " already"};
    auto session = std::make_unique<Session>();
    if (sd_bus_message_get_member(message) == std::string_view("CreateSession"))
        session->bound = (state.seen["CreateSession"] = textOfOptions(message)).find("bind-to-unit=1") != std::string::npos;
    session->path = luod::proto::sessionPathPrefix + std::to_string(++state.count);
    session->name = name;
    session->owner = owner;
    std::string path = session->path;
    signalAdded(state, *session);
    state.sessions[path] = std::move(session);
    sd_bus_reply_method_return(message, "o", path.c_str());
    return {};
}

// The "owner" of the options; 0, which is whom the mock takes every caller for, where there is none.
uint32_t ownerOf(sd_bus_message* message) {
    uint32_t owner = 0;
    sd_bus_message_enter_container(message, 'a', "{sv}");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
        const char* key = nullptr;
        sd_bus_message_read(message, "s", &key);
        if (std::string_view(key) == "owner")
            sd_bus_message_read(message, "v", "u", &owner);
        else
            sd_bus_message_skip(message, "v");
        sd_bus_message_exit_container(message);
    }
    return owner;
}

Answered find(State& state, sd_bus_message* message) {
    const char* name = nullptr;
    sd_bus_message_read(message, "s", &name);
    uint32_t owner = ownerOf(message);
    for (const auto& [path, session] : state.sessions)
        if (session->name == name && session->owner == owner) {
            sd_bus_reply_method_return(message, "o", path.c_str());
            return {};
        }
    return {"NoSuchSession", "the caller has no session of that name"};
}

Answered list(State& state, sd_bus_message* message) {
    Message reply = replyTo(message);
    sd_bus_message_open_container(reply.get(), 'a', "(osusssut)");
    for (const auto& [path, session] : state.sessions) {
        uint64_t bytes = 0;
        for (const auto& [token, file] : session->files)
            bytes += file.size;
        sd_bus_message_append(reply.get(), "(osusssut)", path.c_str(), session->name.c_str(), session->owner,
                              "vm.service", session->incoming ? "incoming" : "outgoing", "active",
                              uint32_t(session->files.size()), bytes);
    }
    sd_bus_message_close_container(reply.get());
    return send(std::move(reply));
}

// Of root, of uid 54321, who has no room for sessions, and of all.
Answered getQuotas(State& state, sd_bus_message* message) {
    state.seen["GetQuotas"] = textOfOptions(message);
    sd_bus_reply_method_return(message, "a(ustt)a(stt)", 4, 0u, "sessions", uint64_t{1}, UINT64_MAX, 0u, "bytes", uint64_t{512},
                               UINT64_MAX, 54321u, "sessions", uint64_t{2}, uint64_t{2}, 54321u, "bytes", uint64_t{3} << 30,
                               uint64_t{8} << 30, 2, "sessions", uint64_t{3}, uint64_t{4096}, "bytes", (uint64_t{3} << 30) + 512,
                               uint64_t{16} << 30);
    return {};
}

Answered getAll(State& state, sd_bus_message* message) {
    Message made = replyTo(message);
    sd_bus_message* reply = made.get();
    const char* reason = available ? "" : "the kernel was started without liveupdate=on";
    sd_bus_message_open_container(reply, 'a', "{sv}");
    sd_bus_message_append(reply, "{sv}", "Version", "s", "0.mock");
    sd_bus_message_append(reply, "{sv}", "KernelRelease", "s", "7.3.4");
    sd_bus_message_append(reply, "{sv}", "Available", "b", int(available));
    sd_bus_message_append(reply, "{sv}", "UnavailableReason", "s", reason);
    sd_bus_message_append(reply, "{sv}", "LiveUpdates", "t", uint64_t{1});
    sd_bus_message_append(reply, "{sv}", "Sessions", "u", uint32_t(state.sessions.size()));
    sd_bus_message_append(reply, "{sv}", "Files", "t", uint64_t{0});
    sd_bus_message_append(reply, "{sv}", "New", "(su)", "x", 1u); // what a newer luod may say
    appendUpdateProperties(reply, state.update);
    sd_bus_message_close_container(reply);
    return send(std::move(made));
}

// Names that a newer luod may have, and labels as nobody would choose them.
Answered metrics(sd_bus_message* message) {
    sd_bus_reply_method_return(message, "a(sa{ss}t)", 5, "bytes", 2, "owner", "1000", "kind", "memfd", UINT64_MAX, "updates", 1,
                               "outcome", "a \"b\" \\ \n c", uint64_t{3}, "available", 0, uint64_t{1}, "from-tomorrow", 1, "x",
                               "y", uint64_t{1}, "started-usec", 0, uint64_t{1'700'000'000'000'042});
    return {};
}

Answered playKexec(State& state, sd_bus_message* message) {
    for (auto& [path, session] : state.sessions)
        session->incoming = true;
    return sendEmpty(message);
}

Answered playFailure(State& state, sd_bus_message* message) {
    const char *method = nullptr, *error = nullptr, *words = nullptr;
    sd_bus_message_read(message, "sss", &method, &error, &words);
    state.failures.erase(method);
    if (*error)
        state.failures[method] = {error, words};
    return sendEmpty(message);
}

Answered playAvailable(State& state, sd_bus_message* message) {
    int now = 0;
    sd_bus_message_read(message, "b", &now);
    available = now;
    sd_bus_emit_signal(state.bus, luod::proto::managerPath, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                       "sa{sv}as", luod::proto::managerInterface, 2, "Available", "b", now, "UnavailableReason", "s",
                       now ? "" : "gone", 0);
    return sendEmpty(message);
}

} // namespace

Answered answerManager(State& state, const std::string& method, sd_bus_message* message) {
    if (method == "CreateSession" || method == "CreateFor")
        return create(state, message);
    if (method == "FindSession")
        return find(state, message);
    if (method == "ListSessions")
        return list(state, message);
    if (method == "GetQuotas")
        return getQuotas(state, message);
    if (method == "GetAll")
        return getAll(state, message);
    if (method == "Metrics")
        return metrics(message);
    if (method == "Systemd")
        return playSystemd(state, message);
    if (method == "Kexec")
        return playKexec(state, message);
    if (method == "Fail")
        return playFailure(state, message);
    if (method == "FailKernel") {
        sd_bus_message_read(message, "i", &state.kernelError);
        return sendEmpty(message);
    }
    if (method == "Available")
        return playAvailable(state, message);
    if (auto answered = answerUpdate(state, method, message))
        return *answered;
    if (auto played = playUpdate(state, method, message))
        return *played;
    return sendEmpty(message); // Subscribe, Unsubscribe
}

} // namespace mock
