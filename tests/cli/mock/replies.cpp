// SPDX-License-Identifier: LGPL-2.1-or-later
#include "methods.hpp"

namespace mock {

Message replyTo(sd_bus_message* message) {
    sd_bus_message* made = nullptr;
    sd_bus_message_new_method_return(message, &made);
    return Message{made};
}

Answered send(Message reply) {
    sd_bus_send(nullptr, reply.get(), nullptr);
    return {};
}

Answered sendEmpty(sd_bus_message* message) {
    sd_bus_reply_method_return(message, nullptr);
    return {};
}

void appendProperties(sd_bus_message* message, const Session& session) {
    sd_bus_message_append(message, "a{sv}", 4, "Name", "s", session.name.c_str(), "Owner", "u", session.owner, "State",
                          "s", "active", "Files", "as", 0);
}

Answered answerGet(sd_bus_message* message, const Session* session) {
    const char *interface = nullptr, *name = nullptr;
    sd_bus_message_read(message, "ss", &interface, &name);
    std::string property = name;
    if (property == "KernelName")
        sd_bus_reply_method_return(message, "v", "s", ("luod.0." + session->name).c_str());
    else if (property == "Direction")
        sd_bus_reply_method_return(message, "v", "s", session->incoming ? "incoming" : "outgoing");
    else if (property == "SecurityLabel")
        sd_bus_reply_method_return(message, "v", "s", session->bound ? "system_u:vmm_t" : "");
    else if (property == "BoundToUnit")
        sd_bus_reply_method_return(message, "v", "b", int(session->bound));
    else if (property == "Created")
        sd_bus_reply_method_return(message, "v", "t", uint64_t{1'700'000'000'000'000});
    else
        sd_bus_reply_method_return(message, "v", "b", int(session->lent));
    return {};
}

} // namespace mock
