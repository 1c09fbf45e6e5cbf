// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"
#include "json.hpp"
#include "metrics.hpp"
#include "output.hpp"
#include "proto/errors.hpp"
#include "replace_file.hpp"
#include "system_bus.hpp"
#include "verbs.hpp"

#include <iterator>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

void append(std::vector<Family>& families, std::vector<Family> more) {
    std::ranges::move(more, std::back_inserter(families));
}

// Of the last update that is over. Where there is none, or its report is forgotten meanwhile, there is none.
std::vector<Family> ofLastUpdate(Luod& luod) {
    for (const ReportEntry& entry : luod.reports()) {
        if (entry.outcome == "under-way")
            continue;
        try {
            return familiesOf(luod.report(entry.update));
        } catch (const Failure& failure) {
            if (failure.exitCode == asLuod("", "NoSuchUpdate", "").exitCode)
                return {};
            throw;
        }
    }
    return {};
}

std::vector<Family> collect(Context& context) {
    if (context.options.host.empty())
        expectLuod(SystemBus());
    std::vector<Family> families{upFamily(true)};
    append(families, familiesOf(context.luod.metrics()));
    append(families, ofLastUpdate(context.luod));
    return families;
}

std::string textOf(const std::vector<Family>& families, Json form) {
    return form == Json::Off ? openMetrics(families) : dump(jsonOf(families), form);
}

} // namespace

// Into a file that others look at comes, too, that luod does not answer: numbers of a while ago would look like those of
// now.
void runMetrics(Context& context) {
    const Options& options = context.options;
    bool intoFile = !options.output.empty() && options.output != "-";
    try {
        std::string text = textOf(collect(context), options.json);
        intoFile ? replaceFile(options.output, text) : show(text, options);
    } catch (const Failure& failure) {
        if (intoFile && failure.exitCode == luod::proto::exitUnreachable)
            replaceFile(options.output, textOf({upFamily(false)}, options.json));
        throw;
    }
}

} // namespace luoctl
