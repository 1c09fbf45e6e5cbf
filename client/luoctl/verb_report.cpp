// SPDX-License-Identifier: LGPL-2.1-or-later
#include "describe_report.hpp"
#include "failure.hpp"
#include "json.hpp"
#include "output.hpp"
#include "svg.hpp"
#include "verbs.hpp"

#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

template <typename Rows> void showRows(const Rows& rows, const Options& options) {
    show(options.json != Json::Off ? dump(jsonOf(rows), options.json)
                                   : textOf(rows, options.legend, coloursOn(STDOUT_FILENO)),
         options);
}

} // namespace

void runReport(Context& context) {
    const Options& options = context.options;
    if (options.svg && (options.listing || options.json != Json::Off))
        throw usage("--svg goes with neither --list nor --json");
    if (options.listing)
        return showRows(context.luod.reports(), options);
    Report report = context.luod.report(context.arguments.empty() ? "" : context.arguments.front());
    if (options.svg)
        show(svgOf(report), options);
    else
        showRows(report, options);
}

} // namespace luoctl
