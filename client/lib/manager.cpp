// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"
#include "options.hpp"
#include "properties.hpp"
#include "proto/names.hpp"
#include "sessions.hpp"

#include <cstdlib>
#include <cstring>

using namespace luod::client;

namespace {

// {"direction": s, "owner": u}, either of them only if asked for.
int appendOptions(sd_bus_message* message, const char* direction, uint32_t owner) {
    luod_value options[2]{};
    size_t n = 0;
    if (direction)
        options[n++] = {.key = "direction", .type = LUOD_STRING, .as = {.s = direction}};
    if (owner != LUOD_ANY_OWNER)
        options[n++] = {.key = "owner", .type = LUOD_UINT32, .as = {.u = owner}};
    return appendValues(message, options, n);
}

int takePath(luod_client& client, sd_bus_message* reply, char** ret) {
    const char* path = nullptr;
    if (int r = sd_bus_message_read_basic(reply, 'o', &path); r <= 0)
        return badReply(client, r);
    *ret = strdup(path);
    return *ret ? 0 : -ENOMEM;
}

int readSession(sd_bus_message* message, luod_session& session) {
    return sd_bus_message_read(message, "(osusssut)", &session.path, &session.name, &session.owner, &session.unit,
                               &session.direction, &session.state, &session.files, &session.bytes);
}

int list(luod_client& client, const char* direction, uint32_t owner, luod_sessions& into) {
    auto fill = [&](sd_bus_message* message) { return appendOptions(message, direction, owner); };
    if (int r = managerCall(client, "ListSessions").with(fill).send(into.message); r < 0)
        return r;
    int r = sd_bus_message_enter_container(into.message.get(), 'a', "(osusssut)");
    luod_session session{};
    while (r >= 0 && (r = readSession(into.message.get(), session)) > 0)
        into.rows.push_back(session);
    return r < 0 ? badReply(client, r) : 0;
}

int addDetails(luod_client& client, luod_sessions& into) {
    luod_session& session = into.rows.front();
    for (const char* name : {"KernelName", "Created", "Lent", "BoundToUnit", "SecurityLabel"})
        if (int r = getOne(client, session.path, luod::proto::sessionInterface, name, into.details); r < 0)
            return r;
    session.kernel_name = into.details.text("KernelName");
    session.created = into.details.number("Created");
    session.lent = into.details.number("Lent") != 0;
    session.bound_to_unit = into.details.number("BoundToUnit") != 0;
    session.security_label = into.details.text("SecurityLabel");
    return 0;
}

} // namespace

int luod_create(luod_client* client, const char* name, uint32_t owner, char** ret_session) {
    return guarded(client, [&](luod_client& c) {
        if (!name || !ret_session)
            return fail(c, -EINVAL, "create");
        Message reply;
        auto options = [&](sd_bus_message* message) { return appendOptions(message, nullptr, owner); };
        int r = managerCall(c, "CreateSession").add("s", name).with(options).send(reply);
        return r < 0 ? r : takePath(c, reply.get(), ret_session);
    });
}

int luod_create_with(luod_client* client, const char* name, const luod_create_options* options, char** ret_session) {
    return guarded(client, [&](luod_client& c) {
        if (!name || !options || !ret_session || (options->flags & ~(LUOD_BIND_TO_UNIT | LUOD_INTERACTIVE)))
            return fail(c, -EINVAL, "create");
        Options wanted;
        wanted.uid("owner", options->owner);
        wanted.flag("bind-to-unit", options->flags & LUOD_BIND_TO_UNIT);
        wanted.flag("interactive", options->flags & LUOD_INTERACTIVE);
        Message reply;
        int r = managerCall(c, "CreateSession").add("s", name).with(wanted).send(reply, options->flags & LUOD_INTERACTIVE ? noTimeout : usualTimeout);
        return r < 0 ? r : takePath(c, reply.get(), ret_session);
    });
}

int luod_find(luod_client* client, const char* name, const char* direction, uint32_t owner, char** ret_session) {
    return guarded(client, [&](luod_client& c) {
        if (!name || !ret_session)
            return fail(c, -EINVAL, "find");
        Message reply;
        auto options = [&](sd_bus_message* message) { return appendOptions(message, direction, owner); };
        int r = managerCall(c, "FindSession").add("s", name).with(options).send(reply);
        return r < 0 ? r : takePath(c, reply.get(), ret_session);
    });
}

int luod_list(luod_client* client, const char* direction, uint32_t owner, luod_sessions** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret)
            return fail(c, -EINVAL, "list");
        auto sessions = std::make_unique<luod_sessions>();
        int r = list(c, direction, owner, *sessions);
        *ret = r < 0 ? nullptr : sessions.release();
        return r;
    });
}

int luod_get_session(luod_client* client, const char* session, luod_sessions** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!session || !ret)
            return fail(c, -EINVAL, "get session");
        auto sessions = std::make_unique<luod_sessions>();
        if (int r = list(c, nullptr, LUOD_ANY_OWNER, *sessions); r < 0)
            return r;
        std::erase_if(sessions->rows, [&](const luod_session& row) { return std::strcmp(row.path, session) != 0; });
        if (sessions->rows.empty())
            return failAsLuod(c, "NoSuchSession", std::string("there is no session ") + session);
        int r = addDetails(c, *sessions);
        *ret = r < 0 ? nullptr : sessions.release();
        return r;
    });
}

const luod_session* luod_sessions_next(luod_sessions* list) {
    return list && list->at < list->rows.size() ? &list->rows[list->at++] : nullptr;
}

void luod_sessions_free(luod_sessions* list) {
    delete list;
}
