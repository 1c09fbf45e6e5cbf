// SPDX-License-Identifier: LGPL-2.1-or-later
#include "message.hpp"

#include "client.hpp"
#include "proto/names.hpp"

namespace luod::client {

Call::Call(luod_client& client, const char* path, const char* interface, const char* method) : client_(client) {
    sd_bus_message* made = nullptr;
    result_ = sd_bus_message_new_method_call(client.bus.get(), &made, proto::busName, path, interface, method);
    message_.reset(made);
}

int Call::send(Message& reply, uint64_t timeout) {
    if (result_ < 0)
        return fail(client_, result_, result_ == -EINVAL ? "bad argument (a path, name or value is malformed)" : "bus");
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* answer = nullptr;
    int result = sd_bus_call(client_.bus.get(), message_.get(), timeout, &error, &answer);
    reply.reset(answer);
    if (result < 0)
        result = failFromBus(client_, error, result);
    sd_bus_error_free(&error);
    return result < 0 ? result : 0;
}

int Call::send(uint64_t timeout) {
    Message reply;
    return send(reply, timeout);
}

Call sessionCall(luod_client& client, const char* session, const char* method) {
    return {client, session, proto::sessionInterface, method};
}

Call managerCall(luod_client& client, const char* method) {
    return {client, proto::managerPath, proto::managerInterface, method};
}

int badReply(luod_client& client, int result) {
    return fail(client, result < 0 ? result : -EBADMSG, "luod's answer could not be read");
}

} // namespace luod::client
