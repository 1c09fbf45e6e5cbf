// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"
#include "files.hpp"
#include "options.hpp"
#include "rows.hpp"

using namespace luod::client;

struct luod_inhibitors : Rows<luod_inhibitor> {};

namespace {

int readInhibitor(sd_bus_message* message, luod_inhibitor& row) {
    return sd_bus_message_read(message, "(sssuustts)", &row.who, &row.why, &row.mode, &row.owner, &row.pid, &row.unit,
                               &row.deadline, &row.since, &row.state);
}

int inhibit(luod_client& client, const char* who, const char* why, const char* mode, const luod_inhibit_options& wish) {
    Options options;
    options.number("deadline-usec", wish.deadline);
    options.flag("interactive", wish.flags & LUOD_INTERACTIVE);
    Message reply;
    if (int r = managerCall(client, "Inhibit").add("sss", who, why, mode).with(options).send(reply, noTimeout); r < 0)
        return r;
    Fd lock;
    int r = takeFd(reply.get(), lock);
    return r < 0 ? fail(client, r, "cannot take the lock's descriptor") : lock.release();
}

} // namespace

int luod_inhibit(luod_client* client, const char* who, const char* why, const char* mode,
                 const luod_inhibit_options* options) {
    return guarded(client, [&](luod_client& c) {
        luod_inhibit_options wish = options ? *options : luod_inhibit_options{};
        if (!who || !why || !mode || (wish.flags & ~LUOD_INTERACTIVE))
            return fail(c, -EINVAL, "inhibit");
        return inhibit(c, who, why, mode, wish);
    });
}

int luod_list_inhibitors(luod_client* client, luod_inhibitors** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret)
            return fail(c, -EINVAL, "list inhibitors");
        Call call = managerCall(c, "ListInhibitors");
        return answerRows(c, call, "(sssuustts)", readInhibitor, ret);
    });
}

const luod_inhibitor* luod_inhibitors_next(luod_inhibitors* list) {
    return list ? list->next() : nullptr;
}

void luod_inhibitors_free(luod_inhibitors* list) {
    delete list;
}
