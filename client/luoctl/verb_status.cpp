// SPDX-License-Identifier: LGPL-2.1-or-later
#include "describe.hpp"
#include "json.hpp"
#include "output.hpp"
#include "verbs.hpp"

#include <nlohmann/json.hpp>

namespace luoctl {

void runStatus(Context& context) {
    const Options& options = context.options;
    Status status = context.luod.status();
    if (options.json != Json::Off)
        show(dump(jsonOf(status), options.json), options);
    else if (!options.properties.empty() || options.value)
        show(select(propertiesOf(status), options.properties, options.value), options);
    else
        show(render(fieldsOf(status), coloursOn(STDOUT_FILENO)), options);
}

} // namespace luoctl
