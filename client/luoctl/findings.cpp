// SPDX-License-Identifier: LGPL-2.1-or-later
#include "findings.hpp"

#include "failure.hpp"
#include "format.hpp"
#include "json.hpp"
#include "output.hpp"
#include "proto/errors.hpp"
#include "table.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace luoctl {

using nlohmann::ordered_json;

namespace {

Colour colourOf(const std::string& verdict) {
    if (verdict == "ok")
        return Colour::Good;
    return verdict == "warning" ? Colour::Warn : Colour::Bad; // what is unknown stops an update, too
}

size_t count(const std::vector<Finding>& findings, std::string_view verdict) {
    return size_t(std::ranges::count(findings, verdict, &Finding::verdict));
}

std::string totals(const std::vector<Finding>& findings) {
    std::string text;
    for (const char* verdict : {"error", "unknown", "warning", "ok"})
        if (size_t n = count(findings, verdict))
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, verdict);
    return text.empty() ? "nothing found" : text;
}

std::string conclusion(const std::vector<Finding>& findings) {
    if (count(findings, "error"))
        return "An error stops a live update.";
    return count(findings, "unknown") ? "What is unknown stops a live update, unless it is forced."
                                      : "Nothing stops a live update.";
}

std::string adviceOn(const Finding& finding, bool colours) {
    return fmt::format("{}: {}\n", paint(printable(finding.name), colourOf(finding.verdict), colours),
                       printable(finding.advice));
}

} // namespace

std::string textOf(const std::vector<Finding>& findings, bool legend, bool colours) {
    Table table{{{"FINDING"}, {"VERDICT"}, {"SEEN"}}, {}};
    std::string advice;
    for (const Finding& finding : findings) {
        table.rows.push_back({{printable(finding.name)},
                              {printable(finding.verdict), colourOf(finding.verdict)},
                              {printable(finding.seen)}});
        if (!finding.advice.empty())
            advice += adviceOn(finding, colours);
    }
    std::string text = render(table, legend, colours);
    if (!advice.empty())
        text += "\n" + advice;
    return legend ? fmt::format("{}\n{}. {}\n", text, totals(findings), conclusion(findings)) : text;
}

ordered_json jsonOf(const std::vector<Finding>& findings) {
    ordered_json array = ordered_json::array();
    for (const auto& [name, verdict, seen, advice] : findings) {
        ordered_json object{{"name", name}, {"verdict", verdict}, {"seen", seen}};
        object["advice"] = advice.empty() ? ordered_json() : ordered_json(advice);
        array.push_back(std::move(object));
    }
    return array;
}

void show(const std::vector<Finding>& findings, const Options& options) {
    show(options.json != Json::Off ? dump(jsonOf(findings), options.json)
                                   : textOf(findings, options.legend, coloursOn(STDOUT_FILENO)),
         options);
}

int exitStatus(const std::vector<Finding>& findings) {
    if (count(findings, "error"))
        return asLuod("", "CheckFailed", "").exitCode;
    return count(findings, "unknown") ? luod::proto::exitUnknown : luod::proto::exitSuccess;
}

} // namespace luoctl
