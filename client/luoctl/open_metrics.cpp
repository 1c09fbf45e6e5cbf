// SPDX-License-Identifier: LGPL-2.1-or-later
#include "open_metrics.hpp"

#include <fmt/format.h>
#include <iterator>

namespace luoctl {
namespace {

void appendEscaped(std::string& text, std::string_view value) {
    for (char c : value)
        if (c == '\\' || c == '"')
            text += {'\\', c};
        else if (c == '\n')
            text += "\\n";
        else
            text += c;
}

void appendLabels(std::string& text, const Labels& labels) {
    if (labels.empty())
        return;
    const char* before = "{";
    for (const auto& [name, value] : labels) {
        text += before + name + "=\"";
        appendEscaped(text, value);
        text += '"';
        before = ",";
    }
    text += '}';
}

void append(std::string& text, const Family& family) {
    fmt::format_to(std::back_inserter(text), "# TYPE {} {}\n", family.name, family.counter ? "counter" : "gauge");
    if (!family.unit.empty())
        fmt::format_to(std::back_inserter(text), "# UNIT {} {}\n", family.name, family.unit);
    fmt::format_to(std::back_inserter(text), "# HELP {} ", family.name);
    appendEscaped(text, family.help);
    text += '\n';
    for (const Sample& sample : family.samples) {
        text += family.name;
        text += family.counter ? "_total" : "";
        appendLabels(text, sample.labels);
        text += ' ' + sample.value + '\n';
    }
}

} // namespace

std::string openMetrics(const std::vector<Family>& families) {
    std::string text;
    for (const Family& family : families)
        if (!family.samples.empty())
            append(text, family);
    return text + "# EOF\n";
}

} // namespace luoctl
