// SPDX-License-Identifier: LGPL-2.1-or-later
#include "state_json.hpp"

#include <nlohmann/json.hpp>

namespace luosim::model {

using nlohmann::json;

// 7.0 takes any bytes as a name; JSON does not. Read back, the field shows what a reader can show.
static std::string shown(const std::string& text) {
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FlbState, compatible, owner, users, outgoingCount, incomingCount, retrieveStatus,
                                   incoming)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ModuleState, name, pins)

static void to_json(json& j, const FileState& file) {
    j = {{"token", file.token},    {"compatible", file.compatible},         {"label", shown(file.label)},
         {"fileId", file.fileId},  {"retrieveStatus", file.retrieveStatus}, {"frozen", file.frozen},
         {"invalid", file.invalid}};
}

static void to_json(json& j, const SessionState& session) {
    j = {{"id", session.id},
         {"name", shown(session.name)},
         {"retrieved", session.retrieved},
         {"abandoned", session.abandoned},
         {"files", session.files}};
}

json toJson(const State& state) {
    json log = json::array();
    for (const std::string& line : state.log)
        log.push_back(shown(line));
    return {{"profile", state.profile},
            {"release", state.release},
            {"arrival", state.arrival},
            {"liveupdateNumber", state.liveupdateNumber},
            {"deviceExists", state.deviceExists},
            {"deviceOpen", state.deviceOpen},
            {"deserialized", state.deserialized},
            {"deserializeError", state.deserializeError},
            {"frozen", state.frozen},
            {"outgoing", state.outgoing},
            {"incoming", state.incoming},
            {"handlers", state.handlers},
            {"flbs", state.flbs},
            {"modules", state.modules},
            {"log", std::move(log)}};
}

} // namespace luosim::model
