// SPDX-License-Identifier: LGPL-2.1-or-later
#include "json.hpp"
#include "output.hpp"
#include "verbs.hpp"

#include <nlohmann/json.hpp>

namespace luoctl {

void runCreate(Context& context) {
    const Options& options = context.options;
    const std::string& name = context.arguments.front();
    std::string path = context.luod.create(name);
    if (options.json != Json::Off)
        show(dump({{"name", name}, {"path", path}}, options.json), options);
    else if (!options.quiet)
        show(path + "\n", options);
}

} // namespace luoctl
