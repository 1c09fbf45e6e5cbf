// SPDX-License-Identifier: LGPL-2.1-or-later
#include "describe_report.hpp"

#include "format.hpp"
#include "table.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace luoctl {

using nlohmann::ordered_json;

namespace {

ordered_json orNull(const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(text);
}

Colour colourOf(const std::string& outcome) {
    if (outcome == "done")
        return Colour::Good;
    return outcome == "under-way" || outcome == "partial" ? Colour::Warn : Colour::Bad;
}

std::string joined(const std::string& outcome, const std::string& words) {
    return printable(words.empty() ? outcome : fmt::format("{}: {}", outcome, words));
}

std::vector<Field> fieldsOf(const Report& report, const Timeline& timeline) {
    return {{"Update", {report.update}},
            {"Outcome", {joined(report.outcome, report.words), colourOf(report.outcome)}},
            {"Mode", {report.mode}},
            {"Kernel", {printable(fmt::format("{} -> {}", report.from, report.to.empty() ? "?" : report.to))}},
            {"Reason", {printable(report.reason)}},
            {"Forced", {printable(fmt::format("{}", fmt::join(report.forced, ", ")))}},
            {"Begun", {timestamp(timeline.begun)}},
            {"Took", {seconds(timeline.end)}}};
}

std::string tableOf(std::string_view title, std::string_view took, const std::vector<Bar>& bars, bool legend,
                    bool colours) {
    if (bars.empty())
        return "";
    Table table{{{title}, {"FROM", true}, {took, true}, {"NOTE"}}, {}};
    for (const Bar& bar : bars)
        table.rows.push_back({{printable(bar.name)},
                              {seconds(bar.begin)},
                              {seconds(bar.end - bar.begin)},
                              {bar.note, bar.note.empty() ? Colour::None : Colour::Warn}});
    return "\n" + render(table, legend, colours);
}

ordered_json jsonOf(const std::vector<Bar>& bars) {
    ordered_json array = ordered_json::array();
    for (const Bar& bar : bars)
        array.push_back({{"name", bar.name},
                         {"begin", bar.begin},
                         {"end", bar.end},
                         {"took", bar.end - bar.begin},
                         {"note", orNull(bar.note)}});
    return array;
}

ordered_json momentsOf(const Report& report, const Timeline& timeline) {
    ordered_json array = ordered_json::array();
    for (size_t i = 0; i < report.moments.size(); ++i) {
        const Moment& moment = report.moments[i];
        array.push_back({{"what", moment.what},
                         {"subject", orNull(moment.subject)},
                         {"detail", orNull(moment.detail)},
                         {"monotonic", moment.monotonic},
                         {"wall", moment.wall},
                         {"time", timeline.times[i]}});
    }
    return array;
}

} // namespace

std::string textOf(const Report& report, bool legend, bool colours) {
    Timeline timeline = timelineOf(report);
    return render(fieldsOf(report, timeline), colours) + tableOf("PHASE", "TOOK", timeline.phases, legend, colours) +
           tableOf("CLIENT", "TOOK", timeline.clients, legend, colours) +
           tableOf("SESSION", "BLACKOUT", timeline.sessions, legend, colours) +
           tableOf("PAUSED", "TOOK", timeline.pauses, legend, colours);
}

ordered_json jsonOf(const Report& report) {
    Timeline timeline = timelineOf(report);
    return {{"update", report.update},
            {"outcome", report.outcome},
            {"words", orNull(report.words)},
            {"mode", report.mode},
            {"from", orNull(report.from)},
            {"to", orNull(report.to)},
            {"reason", orNull(report.reason)},
            {"forced", report.forced},
            {"begun", timeline.begun},
            {"took", timeline.end},
            {"phases", jsonOf(timeline.phases)},
            {"clients", jsonOf(timeline.clients)},
            {"sessions", jsonOf(timeline.sessions)},
            {"pauses", jsonOf(timeline.pauses)},
            {"moments", momentsOf(report, timeline)}};
}

std::string textOf(const std::vector<ReportEntry>& entries, bool legend, bool colours) {
    Table table{{{"UPDATE"}, {"BEGUN"}, {"OUTCOME"}}, {}};
    for (const ReportEntry& entry : entries)
        table.rows.push_back({{entry.update}, {timestamp(entry.begun)}, {entry.outcome, colourOf(entry.outcome)}});
    return entries.empty() ? "" : render(table, legend, colours);
}

ordered_json jsonOf(const std::vector<ReportEntry>& entries) {
    ordered_json array = ordered_json::array();
    for (const ReportEntry& entry : entries)
        array.push_back({{"update", entry.update}, {"begun", entry.begun}, {"outcome", entry.outcome}});
    return array;
}

} // namespace luoctl
