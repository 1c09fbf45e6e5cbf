// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/outcomes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace luod::app {

using nlohmann::json;

namespace {

constexpr int format = 1;

} // namespace

void Outcomes::count(const core::UpdateLog& log) {
    for (const core::Update& update : log.past()) {
        Id id{update.uuid, update.begun};
        if (update.outcome == core::underWay || std::ranges::find(counted_, id) != counted_.end())
            continue; // under way: over a kexec, and not judged yet
        ++totals_[update.outcome];
        counted_.push_back(std::move(id));
        if (counted_.size() > core::updatesKept)
            counted_.pop_front();
    }
}

std::string Outcomes::toJson() const {
    return json{{"format", format}, {"totals", totals_}, {"counted", counted_}}.dump(
               2, ' ', false, json::error_handler_t::replace) + "\n";
}

Outcomes Outcomes::fromJson(const std::string& text) {
    Outcomes outcomes;
    try {
        json from = json::parse(text);
        if (from.at("format") != format)
            return {};
        for (const auto& [outcome, count] : from.at("totals").items())
            outcomes.totals_[outcome] = count.is_number_unsigned() ? count.get<std::uint64_t>() : 0;
        for (const json& id : from.at("counted"))
            outcomes.counted_.emplace_back(id.at(0), id.at(1));
    } catch (const std::exception&) {
        return {};
    }
    return outcomes;
}

} // namespace luod::app
