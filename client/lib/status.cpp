// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"
#include "properties.hpp"
#include "proto/names.hpp"
#include "rows.hpp"

#include <string_view>

using namespace luod::client;

namespace {

struct OwnedStatus : luod_status {
    Properties properties;
    std::vector<luod_awaited> rows;
};

int readAwaited(sd_bus_message* message, luod_awaited& row) {
    return sd_bus_message_read(message, "(sutt)", &row.who, &row.owner, &row.asked, &row.ready_by);
}

int readStructured(sd_bus_message* message, std::string_view name, OwnedStatus& status) {
    if (name != "Awaited" && name != "LoadedKernel")
        return sd_bus_message_skip(message, "v");
    bool awaited = name == "Awaited";
    int r = sd_bus_message_enter_container(message, 'v', awaited ? "a(sutt)" : "(sss)");
    if (r >= 0)
        r = awaited ? readRows(message, "(sutt)", status.rows, readAwaited)
                    : sd_bus_message_read(message, "(sss)", &status.loaded_kernel, &status.loaded_release,
                                          &status.loaded_cmdline);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

// The two properties that are more than a luod_value holds, from the same answer: a second time through it.
int readStructured(OwnedStatus& status) {
    sd_bus_message* message = status.properties.messages.front().get();
    int r = sd_bus_message_rewind(message, 1);
    if (r >= 0)
        r = sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        const char* name = nullptr;
        r = sd_bus_message_read_basic(message, 's', &name);
        if (r >= 0)
            r = readStructured(message, name, status);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    return r;
}

void fillIn(OwnedStatus& status) {
    const Properties& p = status.properties;
    status.version = p.text("Version");
    status.kernel_release = p.text("KernelRelease");
    status.available = p.number("Available") != 0;
    status.unavailable_reason = p.text("UnavailableReason");
    status.live_updates = p.number("LiveUpdates");
    status.last_handover = p.text("LastHandover");
    status.sessions = uint32_t(p.number("Sessions"));
    status.files = p.number("Files");
    status.last_handover_reason = p.text("LastHandoverReason");
    status.phase = p.text("Phase");
    status.update = p.text("Update");
    status.update_mode = p.text("UpdateMode");
    status.awaited = status.rows.data();
    status.n_awaited = status.rows.size();
}

} // namespace

int luod_get_status(luod_client* client, luod_status** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret)
            return fail(c, -EINVAL, "status");
        auto status = std::make_unique<OwnedStatus>();
        status->loaded_kernel = status->loaded_release = status->loaded_cmdline = "";
        if (int r = getAll(c, luod::proto::managerPath, luod::proto::managerInterface, status->properties); r < 0)
            return r;
        if (int r = readStructured(*status); r < 0)
            return badReply(c, r);
        fillIn(*status);
        *ret = status.release();
        return 0;
    });
}

void luod_status_free(luod_status* status) {
    delete static_cast<OwnedStatus*>(status);
}
