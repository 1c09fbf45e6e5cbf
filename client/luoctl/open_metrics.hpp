// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Numbers as OpenMetrics text. Only gauges and counters, and no timestamps: so node_exporter's textfile collector, which
// reads the older Prometheus text, takes it as well.

#include "rows.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace luoctl {

struct Sample {
    Labels labels;
    std::string value; // as it is written
};

struct Family {
    std::string_view name; // a counter's without "_total"
    std::string_view unit; // "" or the end of the name
    std::string_view help;
    bool counter = false;
    std::vector<Sample> samples = {};
};

// One family after the other, those without samples left out, and the end mark.
std::string openMetrics(const std::vector<Family>& families);

} // namespace luoctl
