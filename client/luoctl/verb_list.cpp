// SPDX-License-Identifier: LGPL-2.1-or-later
#include "describe.hpp"
#include "json.hpp"
#include "output.hpp"
#include "verbs.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

std::string asJson(const std::vector<Session>& sessions, Json form) {
    auto array = nlohmann::ordered_json::array();
    for (const Session& session : sessions)
        array.push_back(jsonOf(session));
    return dump(array, form);
}

std::string asProperties(Context& context, const std::vector<Session>& sessions) {
    std::string text;
    for (const Session& session : sessions) {
        if (!text.empty() && !context.options.value)
            text += '\n';
        text += select(propertiesOf(session), context.options.properties, context.options.value);
    }
    return text;
}

std::string asTable(const std::vector<Session>& sessions, const Options& options) {
    bool colours = coloursOn(STDOUT_FILENO);
    std::string text = sessions.empty() ? "" : render(tableOf(sessions), options.legend, colours);
    if (options.legend && !options.quiet)
        text += fmt::format("{}{} session{}.\n", sessions.empty() ? "" : "\n", sessions.size(),
                            sessions.size() == 1 ? "" : "s");
    return text;
}

} // namespace

void runList(Context& context) {
    const Options& options = context.options;
    std::vector<Session> sessions = context.luod.list();
    if (options.json != Json::Off)
        show(asJson(sessions, options.json), options);
    else if (!options.properties.empty() || options.value)
        show(asProperties(context, sessions), options);
    else
        show(asTable(sessions, options), options);
}

} // namespace luoctl
