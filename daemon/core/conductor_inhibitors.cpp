// SPDX-License-Identifier: LGPL-2.1-or-later

// Who has a say, and the barrier: waiting until all who were asked are ready, but not for ever.

#include "core/conductor.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace luod::core {

Result<> Conductor::checkWish(const Wish& wish) const {
    if (auto good = checkText(wish.who, "'who'"); !good)
        return good;
    if (auto good = checkText(wish.why, "'why'"); !good)
        return good;
    if (phase() != Phase::Idle && phase() != Phase::Checking)
        return fail(Errc::UpdateUnderWay, "a live update is under way and everybody was asked already: wait until it is over or "
                                          "aborted (luoctl status)");
    return custodian_.quotas().room(Quantity::Inhibitors, wish.uid, 1);
}

Result<InhibitorId> Conductor::inhibit(Wish wish) {
    if (ledger_.refusal())
        return std::unexpected(*ledger_.refusal());
    if (auto good = checkWish(wish); !good)
        return std::unexpected(good.error());
    Inhibitor lock{.id = log().nextInhibitor(), .uid = wish.uid, .pid = wish.pid, .mode = wish.mode, .deadline = wish.deadline,
                   .since = ports_.now().wall, .who = std::move(wish.who), .why = std::move(wish.why),
                   .unit = std::move(wish.unit)};
    InhibitorId id = lock.id;
    if (auto written = ledger_.record(registry_, InhibitorAdded{std::move(lock)}); !written)
        return std::unexpected(written.error());
    return id;
}

// Ready, gone, or dead: all the same.
void Conductor::letGo(InhibitorId id) {
    auto at = log().inhibitors().find(id);
    if (at == log().inhibitors().end())
        return;
    Inhibitor lock = at->second;
    keep(InhibitorGone{id});
    if (awaited_.erase(id) > 0)
        note(Milestone::Ready, lock.unit, lock.who, lock.uid);
}

void Conductor::released(InhibitorId id) {
    bool wasAwaited = awaited_.contains(id);
    letGo(id);
    if (wasAwaited && awaited_.empty())
        on(UpdateEvent::EverybodyReady);
}

bool Conductor::isAwaited(InhibitorId id) const { return awaited_.contains(id); }

std::vector<Conductor::Awaited> Conductor::awaited() const {
    std::vector<Awaited> all;
    for (const auto& [id, time] : awaited_)
        all.push_back({&log().inhibitors().at(id), time.askedAt, time.readyBy});
    return all;
}

void Conductor::listAwaited(std::uint64_t askedAt) {
    awaited_.clear();
    for (const auto& [id, each] : log().inhibitors()) {
        if (each.mode != InhibitMode::Delay)
            continue;
        auto own = askedAt + (each.deadline ? each.deadline : policy_.clientDeadline);
        awaited_[id] = {askedAt, std::min(own, current()->deadline)};
    }
}

void Conductor::awaitClients() {
    if (awaited_.empty())
        return on(UpdateEvent::EverybodyReady);
    auto next = std::ranges::min_element(awaited_, {}, [](const auto& each) { return each.second.readyBy; });
    ports_.alarm(next->second.readyBy, [this] { clientsAreLate(); });
}

std::vector<InhibitorId> Conductor::late() {
    std::vector<InhibitorId> ids;
    for (auto now = monotonic(); const auto& [id, time] : awaited_)
        if (time.readyBy <= now)
            ids.push_back(id);
    return ids;
}

std::string Conductor::wordsForLate(InhibitorId id) const {
    const Inhibitor& lock = log().inhibitors().at(id);
    const Time& time = awaited_.at(id);
    return fmt::format("{} (pid {}, uid {}{}{}) was not ready within {:.3g} s", lock.who, lock.pid, lock.uid,
                       lock.unit.empty() ? "" : ", ", lock.unit, double(time.readyBy - time.askedAt) / 1e6);
}

void Conductor::clientsAreLate() {
    auto ids = late();
    if (ids.empty()) // whoever was the next to be late is ready
        return awaitClients();
    std::string words;
    constexpr std::size_t named = 5;
    for (std::size_t i = 0; i < ids.size() && i < named; ++i)
        words += (i ? "; " : "") + wordsForLate(ids[i]);
    if (ids.size() > named)
        words += fmt::format("; and {} more", ids.size() - named);
    on(UpdateEvent::ClientLate, {Errc::CheckFailed, std::move(words)});
}

void Conductor::noteLate() {
    for (InhibitorId id : late()) {
        auto words = wordsForLate(id);
        const Inhibitor& lock = log().inhibitors().at(id);
        awaited_.erase(id);
        bool noted = std::ranges::any_of(current()->moments, [&](const Moment& moment) {
            return moment.what == Milestone::Late && moment.detail == words; // before luod was restarted
        });
        if (!noted)
            note(Milestone::Late, words, lock.who, lock.uid);
    }
}

} // namespace luod::core
