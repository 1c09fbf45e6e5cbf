// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// luod's numbers as metric families: what they are called outside, what they count, in which unit.

#include "open_metrics.hpp"
#include "timeline.hpp"

#include <nlohmann/json_fwd.hpp>
#include <span>

namespace luoctl {

// How one of luod's own names is told.
struct MetricRow {
    std::string_view luodName, name, unit, help;
    bool counter = false, microseconds = false;
};
std::span<const MetricRow> metricRows();

// Names that luod knows and we do not are passed over.
std::vector<Family> familiesOf(const std::vector<Metric>& metrics);
// Of the last update that is over.
std::vector<Family> familiesOf(const Report& report);
// Whether luod answers, by which everything else is missing where it does not.
Family upFamily(bool up);

nlohmann::ordered_json jsonOf(const std::vector<Family>& families);

} // namespace luoctl
