// SPDX-License-Identifier: LGPL-2.1-or-later
#include "json.hpp"

#include "describe.hpp"
#include "luod.h"

#include <nlohmann/json.hpp>

namespace luoctl {

using nlohmann::ordered_json;

namespace {

ordered_json jsonOf(const Dict& dict) {
    ordered_json object = ordered_json::object();
    for (const Entry& entry : dict)
        object[entry.key] = std::visit([](const auto& value) { return ordered_json(value); }, entry.value);
    return object;
}

ordered_json orNull(const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(text);
}

} // namespace

ordered_json jsonOf(const Status& status) {
    return {{"version", status.version},
            {"kernel_release", status.kernelRelease},
            {"available", status.available},
            {"unavailable_reason", orNull(status.unavailableReason)},
            {"live_updates", status.liveUpdates},
            {"last_handover", status.lastHandover},
            {"last_handover_reason", orNull(status.handoverReason)},
            {"phase", status.phase},
            {"update", orNull(status.update)},
            {"update_mode", orNull(status.updateMode)},
            {"awaited", status.awaited},
            {"loaded_kernel", orNull(status.loadedKernel)},
            {"loaded_release", orNull(status.loadedRelease)},
            {"loaded_cmdline", orNull(status.loadedCmdline)},
            {"sessions", status.sessions},
            {"files", status.files},
            {"own_outgoing", status.outgoing},
            {"own_incoming", status.incoming},
            {"own_lost", status.lost},
            {"next", nextStep(status)}};
}

ordered_json jsonOf(const Session& session) {
    return {{"name", session.name},         {"path", session.path},           {"owner", session.owner},
            {"unit", orNull(session.unit)}, {"direction", session.direction}, {"state", session.state},
            {"file_count", session.files},  {"bytes", session.bytes}};
}

ordered_json jsonOf(const Session& session, const std::vector<File>& files) {
    ordered_json object = jsonOf(session);
    object["kernel_name"] = session.kernelName;
    object["created"] = session.created;
    object["lent"] = session.lent;
    object["bound_to_unit"] = session.boundToUnit;
    object["security_label"] = orNull(session.label);
    object["files"] = ordered_json::array();
    for (const File& file : files)
        object["files"].push_back(jsonOf(file));
    return object;
}

ordered_json jsonOf(const File& file) {
    return {{"token", file.token},
            {"name", orNull(file.name)},
            {"kind", file.kind},
            {"state", file.state},
            {"size", file.size},
            {"details", jsonOf(file.details)},
            {"metadata", jsonOf(file.metadata)}};
}

ordered_json jsonOf(const Event& event) {
    ordered_json object{{"time", event.time}, {"event", event.event}};
    if (!event.path.empty()) {
        object["session"] = orNull(event.session);
        object["path"] = event.path;
    }
    if (event.ofFile)
        object["token"] = event.token;
    if (!event.detail.empty())
        object["detail"] = event.detail;
    return object;
}

ordered_json jsonOf(const std::vector<Quota>& ofOneUser) {
    uint32_t owner = ofOneUser.front().owner;
    ordered_json object{{"owner", owner == LUOD_ANY_OWNER ? ordered_json() : ordered_json(owner)}};
    for (const Quota& quota : ofOneUser)
        object[quota.quantity] = {{"used", quota.used},
                                  {"limit", quota.limit == noLimit ? ordered_json() : ordered_json(quota.limit)}};
    return object;
}

ordered_json jsonOf(const Inhibitor& row) {
    return {{"who", row.who},     {"owner", row.owner},
            {"pid", row.pid},     {"unit", orNull(row.unit)},
            {"mode", row.mode},   {"deadline", row.deadline ? ordered_json(row.deadline) : ordered_json()},
            {"since", row.since}, {"state", row.state},
            {"why", row.why}};
}

std::string dump(const ordered_json& json, Json form) {
    // What is not UTF-8 cannot have come over D-Bus, but must not end the program either.
    return json.dump(form == Json::Pretty ? 4 : -1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

} // namespace luoctl
