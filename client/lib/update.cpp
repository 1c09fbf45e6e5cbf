// SPDX-License-Identifier: LGPL-2.1-or-later
// Load, check, go over, call it off.
#include "client.hpp"
#include "options.hpp"
#include "rows.hpp"

#include <cstdlib>
#include <cstring>

using namespace luod::client;

struct luod_findings : Rows<luod_finding> {};

namespace {

int takeText(luod_client& client, sd_bus_message* reply, char** ret) {
    const char* text = nullptr;
    if (int r = sd_bus_message_read_basic(reply, 's', &text); r <= 0)
        return badReply(client, r);
    if (ret && !(*ret = strdup(text)))
        return -ENOMEM;
    return 0;
}

int load(luod_client& client, int kernel, int initrd, const char* cmdline, const luod_load_options& wish, char** ret) {
    Options options;
    options.flag("no-initrd", initrd < 0);
    options.flag("keep-cmdline", wish.flags & LUOD_KEEP_CMDLINE);
    options.flag("interactive", wish.flags & LUOD_INTERACTIVE);
    options.text("kernel-path", wish.kernel_path);
    options.text("initrd-path", wish.initrd_path);
    // There is no way to send no descriptor: without an initrd the kernel's goes twice, and luod looks away.
    Call call = managerCall(client, "LoadKernel");
    call.add("hhs", kernel, initrd < 0 ? kernel : initrd, cmdline).with(options);
    Message reply;
    int r = call.send(reply, noTimeout);
    return r < 0 ? r : takeText(client, reply.get(), ret);
}

int readFinding(sd_bus_message* message, luod_finding& row) {
    return sd_bus_message_read(message, "(ssss)", &row.name, &row.verdict, &row.seen, &row.advice);
}

int update(luod_client& client, const luod_update_options& wish, char** ret) {
    Options options;
    options.text("mode", wish.mode);
    options.number("deadline-usec", wish.deadline);
    options.text("late", wish.late);
    options.texts("force", wish.force);
    options.text("reason", wish.reason);
    options.flag("shutdown-asked", wish.flags & LUOD_SHUTDOWN_ASKED);
    options.flag("interactive", wish.flags & LUOD_INTERACTIVE);
    Message reply;
    int r = managerCall(client, "LiveUpdate").with(options).send(reply, noTimeout);
    return r < 0 ? r : takeText(client, reply.get(), ret);
}

} // namespace

int luod_load_kernel(luod_client* client, int kernel, int initrd, const char* cmdline, const luod_load_options* options,
                     char** ret_cmdline) {
    return guarded(client, [&](luod_client& c) {
        luod_load_options wish = options ? *options : luod_load_options{};
        if (kernel < 0 || !cmdline || (wish.flags & ~(LUOD_KEEP_CMDLINE | LUOD_INTERACTIVE)))
            return fail(c, -EINVAL, "load");
        return load(c, kernel, initrd, cmdline, wish, ret_cmdline);
    });
}

int luod_unload_kernel(luod_client* client, unsigned flags) {
    return guarded(client, [&](luod_client& c) {
        if (flags & ~LUOD_INTERACTIVE)
            return fail(c, -EINVAL, "unload");
        Options options;
        options.flag("interactive", flags & LUOD_INTERACTIVE);
        return managerCall(c, "UnloadKernel").with(options).send(noTimeout);
    });
}

int luod_check(luod_client* client, const char* mode, unsigned flags, luod_findings** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret || (flags & ~LUOD_INTERACTIVE))
            return fail(c, -EINVAL, "check");
        Options options;
        options.text("mode", mode);
        options.flag("interactive", flags & LUOD_INTERACTIVE);
        Call call = managerCall(c, "Check");
        return answerRows(c, call.with(options), "(ssss)", readFinding, ret, noTimeout);
    });
}

const luod_finding* luod_findings_next(luod_findings* list) {
    return list ? list->next() : nullptr;
}

void luod_findings_free(luod_findings* list) {
    delete list;
}

int luod_live_update(luod_client* client, const luod_update_options* options, char** ret_update) {
    return guarded(client, [&](luod_client& c) {
        luod_update_options wish = options ? *options : luod_update_options{};
        if (wish.flags & ~(LUOD_INTERACTIVE | LUOD_SHUTDOWN_ASKED))
            return fail(c, -EINVAL, "live update");
        return update(c, wish, ret_update);
    });
}

int luod_abort(luod_client* client, const char* reason, unsigned flags) {
    return guarded(client, [&](luod_client& c) {
        if (!reason || (flags & ~LUOD_INTERACTIVE))
            return fail(c, -EINVAL, "abort");
        Options options;
        options.flag("interactive", flags & LUOD_INTERACTIVE);
        return managerCall(c, "AbortLiveUpdate").add("s", reason).with(options).send(noTimeout);
    });
}
