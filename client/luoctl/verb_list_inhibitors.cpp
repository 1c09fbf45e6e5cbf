// SPDX-License-Identifier: LGPL-2.1-or-later
#include "format.hpp"
#include "json.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

std::string asJson(const std::vector<Inhibitor>& rows, Json form) {
    auto array = nlohmann::ordered_json::array();
    for (const Inhibitor& row : rows)
        array.push_back(jsonOf(row));
    return dump(array, form);
}

std::vector<Cell> cellsOf(const Inhibitor& row) {
    return {{printable(row.who)},
            {userName(row.owner)},
            {std::to_string(row.pid)},
            {printable(row.unit)},
            {row.mode, row.mode == "block" ? Colour::Bad : Colour::None},
            {row.deadline ? seconds(row.deadline) : ""},
            {timestamp(row.since)},
            {row.state, row.state == "awaited" ? Colour::Warn : Colour::None},
            {printable(row.why)}};
}

std::string asTable(const std::vector<Inhibitor>& rows, const Options& options) {
    Table table{
        {{"WHO"}, {"USER"}, {"PID", true}, {"UNIT"}, {"MODE"}, {"DEADLINE", true}, {"SINCE"}, {"STATE"}, {"WHY"}}, {}};
    for (const Inhibitor& row : rows)
        table.rows.push_back(cellsOf(row));
    std::string text = rows.empty() ? "" : render(table, options.legend, coloursOn(STDOUT_FILENO));
    if (options.legend && !options.quiet)
        text += fmt::format("{}{} inhibitor{}.\n", rows.empty() ? "" : "\n", rows.size(), rows.size() == 1 ? "" : "s");
    return text;
}

} // namespace

void runListInhibitors(Context& context) {
    const Options& options = context.options;
    std::vector<Inhibitor> rows = context.luod.inhibitors();
    show(options.json != Json::Off ? asJson(rows, options.json) : asTable(rows, options), options);
}

} // namespace luoctl
