// SPDX-License-Identifier: LGPL-2.1-or-later

// After a start: of luod in the same boot, or in the kernel it was all about.

#include "core/conductor.hpp"

#include <utility>

namespace luod::core {
namespace {

constexpr std::size_t longestTimes = 1024; // bytes; a report is kept for long

// As the owner has noted them with its files, one after the other.
std::string timesOf(const Session& session) {
    std::string all;
    for (const auto& [token, file] : session.files)
        if (const auto* times = timesIn(file.metadata))
            for (const std::string& time : *times)
                all += (all.empty() ? "" : "; ") + time;
    return all.size() > longestTimes ? "" : all;
}

} // namespace

void Conductor::resume(const std::set<InhibitorId>& held) {
    if (const Update* update = current(); update && phase() == Phase::Preparing) {
        if (const Moment* asked = update->find(Milestone::Asked))
            listAwaited(asked->at.monotonic);
        else
            ask(); // maybe once more
    }
    std::vector<InhibitorId> gone;
    for (const auto& [id, each] : log().inhibitors())
        if (!held.contains(id))
            gone.push_back(id);
    for (InhibitorId id : gone)
        letGo(id);
    if (!current())
        return;
    if (const Moment* begun = current()->find(Milestone::Aborted)) // and not brought to its end
        return on(UpdateEvent::Failed, {Errc::Unavailable, begun->detail});
    on(UpdateEvent::Restarted, {Errc::Unavailable, "luod was restarted while the machine was to go over"});
}

Result<> Conductor::judged(const Verdict& verdict) {
    return ledger_.record(registry_, VerdictMade{verdict.handover, verdict.words});
}

void Conductor::arrived(const std::vector<Moment>& moments) {
    const Update* update = log().arrivedBy();
    if (!update || update->find(Milestone::Luod))
        return;
    events_.over(*update);
    for (const Moment& moment : moments) {
        if (update->find(moment.what)) // by a luod that was killed in the middle of this
            continue;
        keep(UpdateMoment{update->uuid, moment});
        events_.moment(moment, 0);
    }
}

void Conductor::noteOfSession(Milestone what, const Session& session, std::string detail) {
    const Update* update = log().arrivedBy();
    if (!update || session.direction != Direction::Incoming || update->find(what, session.name, session.owner))
        return;
    keep(UpdateMoment{update->uuid, {what, session.name, session.owner, ports_.now(), std::move(detail)}});
}

void Conductor::claimed(const Session& session) { noteOfSession(Milestone::Claimed, session, session.unit); }

void Conductor::finished(const Session& session) {
    const std::string times = timesOf(session);
    noteOfSession(Milestone::Finished, session, times.empty() ? session.unit : times);
}

} // namespace luod::core
