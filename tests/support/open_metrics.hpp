// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// OpenMetrics text read by its own rules, as far as gauges and counters go: what a scraper would refuse throws.

#include <map>
#include <string>
#include <string_view>

namespace luod::tests {

struct MetricFamily {
    std::string type, unit, help;
    std::map<std::string, double> samples; // by what stands before the value: luod_files{kind="memfd"}
};

// Throws std::runtime_error with the line and what is wrong about it.
std::map<std::string, MetricFamily> parseOpenMetrics(std::string_view text);

} // namespace luod::tests
