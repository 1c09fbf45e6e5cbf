// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls on a session that are no more than a message.
#include "client.hpp"
#include "kernel.hpp"
#include "values.hpp"

using namespace luod::client;

namespace {

int bare(luod_client* client, const char* session, const char* method) {
    return guarded(client, [&](luod_client& c) {
        return session ? sessionCall(c, session, method).send(noTimeout) : fail(c, -EINVAL, method);
    });
}

} // namespace

int luod_finish(luod_client* client, const char* session) {
    return bare(client, session, "Finish");
}
int luod_discard(luod_client* client, const char* session) {
    return bare(client, session, "Discard");
}

int luod_take_out(luod_client* client, const char* session, uint64_t token) {
    return guarded(client, [&](luod_client& c) {
        return session ? sessionCall(c, session, "TakeOut").add("t", token).send(noTimeout)
                       : fail(c, -EINVAL, "take out");
    });
}

int luod_annotate(luod_client* client, const char* session, uint64_t token, const char* name,
                  const luod_value* metadata, size_t n_metadata) {
    return guarded(client, [&](luod_client& c) {
        if (!session || (n_metadata && !metadata))
            return fail(c, -EINVAL, "annotate");
        auto values = [&](sd_bus_message* message) { return appendValues(message, metadata, n_metadata); };
        return sessionCall(c, session, "Annotate").add("ts", token, name ? name : "").with(values).send();
    });
}

int luod_borrow(luod_client* client, const char* session) {
    return guarded(client, [&](luod_client& c) {
        if (!session)
            return fail(c, -EINVAL, "borrow");
        Fd fd;
        int r = borrow(c, session, fd);
        return r < 0 ? r : fd.release();
    });
}
