// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"
#include "verbs.hpp"

#include <algorithm>

namespace luoctl {
namespace {

// The call replaces everything; luoctl changes only what was named.
void change(Dict& dict, const std::string& key, const std::optional<std::string>& value) {
    auto at = std::ranges::find(dict, key, &Entry::key);
    if (!value) {
        if (at != dict.end())
            dict.erase(at);
    } else if (at != dict.end()) {
        *at = {key, LUOD_STRING, *value};
    } else {
        dict.push_back({key, LUOD_STRING, *value});
    }
}

} // namespace

void runAnnotate(Context& context) {
    const Options& options = context.options;
    if (!options.name && options.metadata.empty())
        throw usage("there is nothing to change: give --name or --metadata");
    std::string session = context.luod.find(context.arguments[0]);
    File file = findFile(context.luod.files(session), context.arguments[1]);
    file.name = options.name.value_or(file.name);
    for (const auto& [key, value] : options.metadata)
        change(file.metadata, key, value);
    context.luod.annotate(session, file);
}

} // namespace luoctl
