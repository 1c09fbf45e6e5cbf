// SPDX-License-Identifier: LGPL-2.1-or-later
#include "metrics.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

constexpr bool counter = true, microseconds = true;

constexpr std::array rows{
    MetricRow{"available", "luod_available", "", "Whether sessions can be created and retrieved on this machine now."},
    MetricRow{"started-usec", "luod_start_time_seconds", "seconds", "When luod was started, since 1970.", !counter,
              microseconds},
    MetricRow{"ledger-used-bytes", "luod_ledger_used_bytes", "bytes", "How much of the ledger is written."},
    MetricRow{"ledger-size-bytes", "luod_ledger_size_bytes", "bytes", "Size of the ledger; a greater one is begun in time."},
    MetricRow{"refused", "luod_refused_calls", "", "Calls answered with that error since luod was started.", counter},
    MetricRow{"live-updates", "luod_live_updates", "", "Live updates that luod's sessions have come through.", counter},
    MetricRow{"updates", "luod_updates", "", "Live updates that ended so, aborted ones included.", counter},
    MetricRow{"phase", "luod_phase", "", "1 for the phase that a live update is in."},
    MetricRow{"locks", "luod_locks", "", "Locks by which somebody has a say in live updates."},
    MetricRow{"awaited", "luod_awaited_clients", "", "Clients that are not ready yet for the update under way."},
    MetricRow{"sessions", "luod_sessions", "", "Sessions, by their owner's uid."},
    MetricRow{"files", "luod_files", "", "Files in sessions, by the owner's uid."},
    MetricRow{"bytes", "luod_file_bytes", "bytes", "Sum of the sizes of files in sessions, by the owner's uid."},
};

std::string secondsOf(uint64_t usec) {
    return fmt::format("{}.{:06}", usec / 1'000'000, usec % 1'000'000);
}

} // namespace

std::span<const MetricRow> metricRows() {
    return rows;
}

std::vector<Family> familiesOf(const std::vector<Metric>& metrics) {
    std::vector<Family> families;
    for (const MetricRow& row : rows)
        families.push_back({row.name, row.unit, row.help, row.counter});
    for (const Metric& metric : metrics) {
        auto row = std::ranges::find(rows, metric.name, &MetricRow::luodName);
        if (row == rows.end())
            continue;
        families[size_t(row - rows.begin())].samples.push_back(
            {metric.labels, row->microseconds ? secondsOf(metric.value) : std::to_string(metric.value)});
    }
    return families;
}

std::vector<Family> familiesOf(const Report& report) {
    if (report.moments.empty())
        return {};
    Timeline timeline = timelineOf(report);
    Family begun{"luod_last_update_start_time_seconds", "seconds", "When the last update that is over was begun, since 1970.",
                 !counter, {{{}, secondsOf(timeline.begun)}}};
    Family phases{"luod_last_update_phase_seconds", "seconds", "How long each phase of the last update took that is over."};
    for (const Bar& phase : timeline.phases)
        phases.samples.push_back({{{"phase", phase.name}}, secondsOf(phase.end - phase.begin)});
    return {std::move(begun), std::move(phases)};
}

Family upFamily(bool up) {
    return {"luod_up", "", "Whether luod answers.", !counter, {{{}, up ? "1" : "0"}}};
}

nlohmann::ordered_json jsonOf(const std::vector<Family>& families) {
    auto array = nlohmann::ordered_json::array();
    for (const Family& family : families)
        for (const Sample& sample : family.samples) {
            auto labels = nlohmann::ordered_json::object();
            for (const auto& [name, value] : sample.labels)
                labels[name] = value;
            array.push_back({{"name", family.name}, {"labels", labels}, {"value", nlohmann::json::parse(sample.value)}});
        }
    return array;
}

} // namespace luoctl
