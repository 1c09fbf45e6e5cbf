// SPDX-License-Identifier: LGPL-2.1-or-later
#include "methods.hpp"
#include "proto/names.hpp"

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
    sd_bus_message_read(message, "s", &name);
    for (const auto& [path, session] : state.sessions)
        if (session->name == name)
            return {"NameTaken", std::string("there is a session ") + name + " already"};
    auto session = std::make_unique<Session>();
    session->path = luod::proto::sessionPathPrefix + std::to_string(++state.count);
    session->name = name;
    std::string path = session->path;
    signalAdded(state, *session);
    state.sessions[path] = std::move(session);
    sd_bus_reply_method_return(message, "o", path.c_str());
    return {};
}

Answered find(State& state, sd_bus_message* message) {
    const char* name = nullptr;
    sd_bus_message_read(message, "s", &name);
    for (const auto& [path, session] : state.sessions)
        if (session->name == name) {
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

Answered getAll(State& state, sd_bus_message* message) {
    sd_bus_reply_method_return(message, "a{sv}", 9, "Version", "s", "0.mock", "KernelRelease", "s", "7.3.4",
                               "Available", "b", int(available), "UnavailableReason", "s",
                               available ? "" : "the kernel was started without liveupdate=on", "LiveUpdates", "t",
                               uint64_t{1}, "LastHandover", "s", "done", "Sessions", "u",
                               uint32_t(state.sessions.size()), "Files", "t", uint64_t{0}, "New", "(su)", "x", 1u);
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
    if (method == "CreateSession")
        return create(state, message);
    if (method == "FindSession")
        return find(state, message);
    if (method == "ListSessions")
        return list(state, message);
    if (method == "GetAll")
        return getAll(state, message);
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
    return sendEmpty(message); // Subscribe, Unsubscribe
}

} // namespace mock
