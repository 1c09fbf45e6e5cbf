// SPDX-License-Identifier: LGPL-2.1-or-later
// The manager's numbers for whoever watches luod. All are kept as things happen; nothing is counted here.
#include "bus/convert.hpp"
#include "bus/manager_object.hpp"

#include <array>

namespace luod::bus {
namespace {

using namespace core;

using Labels = std::map<std::string, std::string>;

std::string text(std::string_view word) { return std::string(word); }

} // namespace

// ---- Of the caller's sessions, or of all

void ManagerObject::addHeld(std::vector<MetricRow>& rows, const Caller& caller) const {
    auto hidden = [&](uid_t owner) { return !caller.known || (caller.uid != 0 && caller.uid != owner); };
    const Census& census = custodian_.registry().census();
    for (const auto& [sort, count] : census.sessions())
        if (!hidden(sort.owner))
            rows.emplace_back("sessions", Labels{{"owner", std::to_string(sort.owner)},
                                                 {"direction", text(word(sort.direction))},
                                                 {"state", text(word(sort.state))}}, count);
    for (const auto& [sort, amount] : census.files()) {
        if (hidden(sort.owner))
            continue;
        Labels labels{{"owner", std::to_string(sort.owner)}, {"kind", text(word(sort.kind))}, {"state", text(word(sort.state))}};
        rows.emplace_back("files", labels, amount.files);
        rows.emplace_back("bytes", labels, amount.bytes);
    }
}

// ---- Of the machine

void ManagerObject::addUpdates(std::vector<MetricRow>& rows) const {
    const UpdateLog& log = custodian_.registry().updates();
    rows.emplace_back("live-updates", Labels{}, facts_.liveUpdates);
    for (const auto& [outcome, count] : desk_.outcomes())
        rows.emplace_back("updates", Labels{{"outcome", outcome}}, count);
    for (std::uint8_t phase = 0; phase <= std::uint8_t(last(core::Phase())); ++phase)
        rows.emplace_back("phase", Labels{{"phase", text(word(core::Phase(phase)))}}, log.phase() == core::Phase(phase));
    std::array<std::uint64_t, 2> locks{};
    for (const auto& [id, inhibitor] : log.inhibitors())
        ++locks[std::size_t(inhibitor.mode)];
    for (auto mode : {InhibitMode::Delay, InhibitMode::Block})
        rows.emplace_back("locks", Labels{{"mode", text(word(mode))}}, locks[std::size_t(mode)]);
    rows.emplace_back("awaited", Labels{}, conductor_.awaited().size());
}

void ManagerObject::addLuod(std::vector<MetricRow>& rows) const {
    rows.emplace_back("available", Labels{}, facts_.available);
    rows.emplace_back("started-usec", Labels{}, facts_.started);
    rows.emplace_back("ledger-used-bytes", Labels{}, custodian_.ledger().used());
    rows.emplace_back("ledger-size-bytes", Labels{}, custodian_.ledger().capacity());
    for (std::size_t i = 0; i < proto::errors.size(); ++i)
        rows.emplace_back("refused", Labels{{"error", text(proto::errors[i].name)}}, refusals()[i]);
}

std::vector<ManagerObject::MetricRow> ManagerObject::Metrics() {
    std::vector<MetricRow> rows;
    addLuod(rows);
    addUpdates(rows);
    addHeld(rows, knownCaller());
    return rows;
}

} // namespace luod::bus
