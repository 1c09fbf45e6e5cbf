// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Rows as JSON. Sizes, tokens and times are exact numbers; the keys are documented in luoctl(1).

#include "options.hpp"
#include "rows.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace luoctl {

nlohmann::ordered_json jsonOf(const Status& status);
nlohmann::ordered_json jsonOf(const Session& session);
nlohmann::ordered_json jsonOf(const Session& session, const std::vector<File>& files);
nlohmann::ordered_json jsonOf(const File& file);
nlohmann::ordered_json jsonOf(const Event& event);
nlohmann::ordered_json jsonOf(const Inhibitor& inhibitor);
nlohmann::ordered_json jsonOf(const std::vector<Quota>& ofOneUser);

// One line for Json::Short, indented for Json::Pretty; ends in '\n'.
std::string dump(const nlohmann::ordered_json& json, Json form);

} // namespace luoctl
