// SPDX-License-Identifier: LGPL-2.1-or-later
#include "methods.hpp"
#include "proto/names.hpp"

#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace mock {
namespace {

constexpr const char* fileType = "(tsssta{sv}a{sv})";

void emit(State& state, const Session& session, const char* signal, uint64_t token, const char* name = nullptr) {
    if (name)
        sd_bus_emit_signal(state.bus, session.path.c_str(), luod::proto::sessionInterface, signal, "ts", token, name);
    else
        sd_bus_emit_signal(state.bus, session.path.c_str(), luod::proto::sessionInterface, signal, "t", token);
}

// The a{sv} that comes next in the message, by itself.
Message takeDict(State& state, sd_bus_message* from) {
    sd_bus_message* made = nullptr;
    sd_bus_message_new_signal(state.bus, &made, "/", "mock.Store", "Dict");
    sd_bus_message_copy(made, from, 0);
    sd_bus_message_seal(made, 1, 0);
    return Message{made};
}

Answered preserve(State& state, Session& session, sd_bus_message* message) {
    if (session.incoming)
        return {"WrongDirection", "the session is incoming"};
    sd_bus_message_enter_container(message, 'a', "(htsa{sv})");
    while (sd_bus_message_enter_container(message, 'r', "htsa{sv}") > 0) {
        int fd = -1;
        uint64_t token = 0;
        const char* name = nullptr;
        sd_bus_message_read(message, "hts", &fd, &token, &name);
        Message metadata = takeDict(state, message);
        sd_bus_message_exit_container(message);
        int r = kernelPreserve(state, session, token, fcntl(fd, F_DUPFD_CLOEXEC, 3));
        if (r == -EEXIST)
            return {"TokenTaken", "token " + std::to_string(token) + " is taken"};
        if (r < 0)
            return {"KernelRefused", "token " + std::to_string(token) + ": " + std::strerror(-r)};
        File& file = session.files[token];
        file.noted = true;
        file.name = name;
        file.metadata = std::move(metadata);
        emit(state, session, "FilePreserved", token, name);
    }
    return sendEmpty(message);
}

Answered notePreserved(State& state, Session& session, sd_bus_message* message) {
    sd_bus_message_enter_container(message, 'a', "(tssta{sv})");
    while (sd_bus_message_enter_container(message, 'r', "tssta{sv}") > 0) {
        uint64_t token = 0, size = 0;
        const char *name = nullptr, *kind = nullptr;
        sd_bus_message_read(message, "tsst", &token, &name, &kind, &size);
        Message metadata = takeDict(state, message);
        sd_bus_message_exit_container(message);
        auto at = session.files.find(token);
        if (at == session.files.end())
            return {"NoSuchFile", "the kernel knows no token " + std::to_string(token)};
        File& file = at->second;
        file.noted = true;
        file.name = name;
        file.kind = kind;
        file.size = size;
        file.metadata = std::move(metadata);
        emit(state, session, "FilePreserved", token, name);
    }
    return sendEmpty(message);
}

void appendFile(sd_bus_message* reply, uint64_t token, const Session& session, const File& file) {
    sd_bus_message_open_container(reply, 'r', "tsssta{sv}a{sv}");
    const char* state = !session.incoming ? "preserved" : file.retrieved ? "retrieved" : "waiting";
    sd_bus_message_append(reply, "tssst", token, file.name.c_str(), file.kind.c_str(), state, file.size);
    sd_bus_message_append(reply, "a{sv}", 1, "seals", "u", 0u);
    sd_bus_message_rewind(file.metadata.get(), 1);
    sd_bus_message_copy(reply, file.metadata.get(), 1);
    sd_bus_message_close_container(reply);
}

Answered listFiles(State&, Session& session, sd_bus_message* message) {
    uint64_t from = 0, next = 0;
    uint32_t max = 0;
    sd_bus_message_read(message, "tu", &from, &max);
    Message reply = replyTo(message);
    sd_bus_message_open_container(reply.get(), 'a', fileType);
    // A small page, so that a few files make several.
    int room = 3, more = 0;
    for (auto at = session.files.lower_bound(from); at != session.files.end(); ++at) {
        if (!at->second.noted)
            continue;
        if (room-- == 0) {
            more = 1;
            next = at->first;
            break;
        }
        appendFile(reply.get(), at->first, session, at->second);
    }
    sd_bus_message_close_container(reply.get());
    sd_bus_message_append(reply.get(), "bt", more, next);
    return send(std::move(reply));
}

Answered retrieve(State& state, Session& session, sd_bus_message* message, bool byName) {
    uint64_t token = 0;
    const char* name = "";
    sd_bus_message_read(message, byName ? "s" : "t", byName ? static_cast<void*>(&name) : &token);
    for (auto& [number, file] : session.files) {
        if (byName ? file.name != name : number != token)
            continue;
        int fd = kernelRetrieve(state, session, number);
        if (fd < 0)
            return {"WrongDirection", "the session is outgoing"};
        file.retrieved = true;
        emit(state, session, "FileRetrieved", number);
        if (byName)
            sd_bus_reply_method_return(message, "th", number, fd);
        else
            sd_bus_reply_method_return(message, "h", fd);
        return {};
    }
    return {"NoSuchFile", "the session holds no such file"};
}

Answered retrieveAll(State& state, Session& session, sd_bus_message* message) {
    if (!session.incoming)
        return {"WrongDirection", "the session is outgoing"};
    uint64_t from = 0, next = 0;
    sd_bus_message_read(message, "t", &from);
    Message reply = replyTo(message);
    unsigned room = luod::proto::maxFdsPerMessage;
    sd_bus_message_open_container(reply.get(), 'a', "(htsa{sv})");
    auto at = session.files.lower_bound(from);
    for (; at != session.files.end() && room > 0; ++at, --room) {
        sd_bus_message_open_container(reply.get(), 'r', "htsa{sv}");
        sd_bus_message_append(reply.get(), "hts", kernelRetrieve(state, session, at->first), at->first,
                              at->second.name.c_str());
        sd_bus_message_rewind(at->second.metadata.get(), 1);
        sd_bus_message_copy(reply.get(), at->second.metadata.get(), 1);
        sd_bus_message_close_container(reply.get());
    }
    int more = at != session.files.end();
    if (more)
        next = at->first;
    sd_bus_message_close_container(reply.get());
    sd_bus_message_append(reply.get(), "bt", more, next);
    return send(std::move(reply));
}

Answered noteRetrieved(State& state, Session& session, sd_bus_message* message) {
    const void* data = nullptr;
    size_t size = 0;
    sd_bus_message_read_array(message, 't', &data, &size);
    if (!session.incoming)
        return {"WrongDirection", "the session is outgoing"};
    for (size_t i = 0; i < size / sizeof(uint64_t); ++i) {
        uint64_t token = static_cast<const uint64_t*>(data)[i];
        if (!session.files.contains(token))
            return {"NoSuchFile", "no token " + std::to_string(token)};
        session.files[token].retrieved = true;
        emit(state, session, "FileRetrieved", token);
    }
    return sendEmpty(message);
}

Answered open(State& state, Session& session, sd_bus_message* message) {
    session.lent = true;
    int fd = lend(state, session);
    sd_bus_reply_method_return(message, "h", fd);
    close(fd);
    return {};
}

Answered annotate(State& state, Session& session, sd_bus_message* message) {
    uint64_t token = 0;
    const char* name = nullptr;
    sd_bus_message_read(message, "ts", &token, &name);
    auto at = session.files.find(token);
    if (at == session.files.end())
        return {"NoSuchFile", "no such token"};
    at->second.name = name;
    at->second.metadata = takeDict(state, message);
    return sendEmpty(message);
}

Answered takeOut(State& state, Session& session, sd_bus_message* message) {
    uint64_t token = 0;
    sd_bus_message_read(message, "t", &token);
    if (session.lent)
        return {"CannotTakeOut", "the session was lent by Open"};
    auto at = session.files.find(token);
    if (at == session.files.end())
        return {"NoSuchFile", "no such token"};
    close(at->second.fd);
    session.files.erase(at);
    emit(state, session, "FileTakenOut", token);
    return sendEmpty(message);
}

Answered remove(State& state, Session& session, sd_bus_message* message) {
    std::string path = session.path;
    sd_bus_emit_signal(state.bus, luod::proto::managerPath, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
                       "oas", path.c_str(), 1, luod::proto::sessionInterface);
    state.sessions.erase(path);
    return sendEmpty(message);
}

} // namespace

Answered answerSession(State& state, Session& session, const std::string& method, sd_bus_message* message) {
    if (method == "RetrieveByName" || method == "Retrieve")
        return retrieve(state, session, message, method == "RetrieveByName");
    if (method == "Get")
        return answerGet(message, &session);
    if (method == "Finish" && !session.incoming)
        return {"WrongDirection", "the session is outgoing"};
    using Method = Answered (*)(State&, Session&, sd_bus_message*);
    const std::map<std::string, Method> methods{{"Preserve", preserve},   {"NotePreserved", notePreserved},
                                                {"ListFiles", listFiles}, {"RetrieveAll", retrieveAll},
                                                {"Open", open},           {"NoteRetrieved", noteRetrieved},
                                                {"Annotate", annotate},   {"TakeOut", takeOut},
                                                {"Finish", remove},       {"Discard", remove}};
    auto at = methods.find(method);
    return at == methods.end() ? Answered{"InvalidArgument", "not played here"} : at->second(state, session, message);
}

} // namespace mock
