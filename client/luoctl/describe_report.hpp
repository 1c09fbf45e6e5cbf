// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A report as tables for people and as JSON.

#include "timeline.hpp"

#include <nlohmann/json_fwd.hpp>

namespace luoctl {

std::string textOf(const Report& report, bool legend, bool colours);
nlohmann::ordered_json jsonOf(const Report& report);

std::string textOf(const std::vector<ReportEntry>& entries, bool legend, bool colours);
nlohmann::ordered_json jsonOf(const std::vector<ReportEntry>& entries);

} // namespace luoctl
