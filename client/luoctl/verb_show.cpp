// SPDX-License-Identifier: LGPL-2.1-or-later
#include "describe.hpp"
#include "json.hpp"
#include "output.hpp"
#include "verbs.hpp"

#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

std::string forPeople(Context& context, const Session& session) {
    bool colours = coloursOn(STDOUT_FILENO);
    std::string text = render(fieldsOf(session), colours);
    if (session.files > 0)
        text += "\n" + render(tableOf(context.luod.files(session.path)), context.options.legend, colours);
    return text;
}

} // namespace

void runShow(Context& context) {
    const Options& options = context.options;
    bool properties = !options.properties.empty() || options.value;
    auto array = nlohmann::ordered_json::array();
    std::string text;
    for (const std::string& name : context.arguments) {
        Session session = context.luod.session(context.luod.find(name));
        if (options.json != Json::Off) {
            array.push_back(jsonOf(session, context.luod.files(session.path)));
            continue;
        }
        if (!text.empty() && !options.value)
            text += '\n';
        text +=
            properties ? select(propertiesOf(session), options.properties, options.value) : forPeople(context, session);
    }
    show(options.json != Json::Off ? dump(array, options.json) : text, options);
}

} // namespace luoctl
