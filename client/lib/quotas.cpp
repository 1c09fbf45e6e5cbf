// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"
#include "options.hpp"
#include "rows.hpp"

#include <memory>

using namespace luod::client;

struct luod_quotas : Rows<luod_quota> {};

namespace {

int readQuota(sd_bus_message* message, luod_quota& row) {
    return sd_bus_message_read(message, "(ustt)", &row.owner, &row.quantity, &row.used, &row.limit);
}

int readTotal(sd_bus_message* message, luod_quota& row) {
    row.owner = LUOD_ANY_OWNER;
    return sd_bus_message_read(message, "(stt)", &row.quantity, &row.used, &row.limit);
}

int getQuotas(luod_client& client, uint32_t owner, luod_quotas& into) {
    Options options;
    options.uid("owner", owner);
    if (int r = managerCall(client, "GetQuotas").with(options).send(into.message); r < 0)
        return r;
    int r = readRows(into.message.get(), "(ustt)", into.rows, readQuota);
    if (r >= 0)
        r = readRows(into.message.get(), "(stt)", into.rows, readTotal);
    return r < 0 ? badReply(client, r) : 0;
}

} // namespace

int luod_get_quotas(luod_client* client, uint32_t owner, luod_quotas** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret)
            return fail(c, -EINVAL, "get quotas");
        auto list = std::make_unique<luod_quotas>();
        int r = getQuotas(c, owner, *list);
        *ret = r < 0 ? nullptr : list.release();
        return r;
    });
}

const luod_quota* luod_quotas_next(luod_quotas* list) {
    return list ? list->next() : nullptr;
}

void luod_quotas_free(luod_quotas* list) {
    delete list;
}
