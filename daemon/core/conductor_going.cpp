// SPDX-License-Identifier: LGPL-2.1-or-later

// The way there, and the way back: one function an effect.

#include "core/conductor.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace luod::core {

Result<> Conductor::mayLoad() const {
    if (ledger_.refusal())
        return std::unexpected(*ledger_.refusal());
    if (phase() != Phase::Idle)
        return fail(Errc::UpdateUnderWay, fmt::format("a live update is under way ({}): wait until it is over or abort it (luoctl "
                                                      "status)",
                                                      word(phase())));
    return {};
}

Result<> Conductor::noteLoaded(Image image) {
    if (auto may = mayLoad(); !may)
        return may;
    return ledger_.record(registry_, ImageLoaded{std::move(image)});
}

Result<> Conductor::noteUnloaded() {
    if (auto may = mayLoad(); !may)
        return may;
    return ledger_.record(registry_, ImageUnloaded{});
}

Result<> Conductor::unblocked(const std::vector<std::string>& forced) const {
    if (std::ranges::find(forced, "inhibitors") != forced.end())
        return {};
    std::string blockers;
    for (const auto& [id, each] : log().inhibitors())
        if (each.mode == InhibitMode::Block)
            blockers += fmt::format("{}{} (pid {}, uid {}{}{}): {}", blockers.empty() ? "" : "; ", each.who, each.pid, each.uid,
                                    each.unit.empty() ? "" : ", ", each.unit, each.why);
    if (blockers.empty())
        return {};
    return fail(Errc::Inhibited, fmt::format("live updates are blocked by {}. Have them let go, or force 'inhibitors'", blockers));
}

Result<> Conductor::mayBegin(const Request& request) const {
    if (auto may = mayLoad(); !may)
        return may;
    if (!log().image() && request.uuid.empty())
        return fail(Errc::CheckFailed, "no kernel is loaded by luod: load one first (luoctl load)");
    return unblocked(request.forced);
}

void Conductor::begin(Request request, Done<std::string> done) {
    if (auto may = mayBegin(request); !may)
        return done(std::unexpected(may.error()));
    Update update{.uuid = request.uuid.empty() ? log().image()->uuid : request.uuid,
                  .mode = request.mode,
                  .from = registry_.boot().release,
                  .reason = std::move(request.reason),
                  .forced = std::move(request.forced),
                  .begun = ports_.now().wall,
                  .goOnWithoutLate = request.goOnWithoutLate.value_or(policy_.goOnWithoutLate),
                  .shutdownAsked = request.shutdownAsked};
    if (auto written = ledger_.record(registry_, UpdateBegan{std::move(update)}); !written)
        return done(std::unexpected(written.error()));
    ++run_;
    answer_ = std::move(done);
    // What a shutdown leaves is no wish.
    allowed_ = !request.deadline       ? policy_.deadline :
               request.shutdownAsked   ? std::min(request.deadline, policy_.deadline) :
                                         request.deadline;
    events_.phaseChanged();
    note(Milestone::Requested, current()->reason);
    carryOut(*transition(Phase::Idle, UpdateEvent::Requested, *current()), {});
}

void Conductor::check() {
    ports_.check(*current(), ifStillWanted<std::string>([this](Result<std::string> release) {
        if (!release)
            return on(UpdateEvent::Failed, release.error());
        if (auto free = unblocked(current()->forced); !free) // by somebody who came while it was being checked
            return on(UpdateEvent::Failed, free.error());
        to_ = *release;
        note(Milestone::Checked);
        on(UpdateEvent::Passed);
    }));
}

void Conductor::carryForward(std::vector<SessionId> sessions) {
    if (sessions.empty())
        return on(UpdateEvent::Carried);
    SessionId next = sessions.back();
    sessions.pop_back();
    custodian_.carryForward(next, ifStillWanted<void>([this, rest = std::move(sessions)](Result<> carried) {
        if (!carried)
            return on(UpdateEvent::Failed, carried.error());
        carryForward(rest);
    }));
}

void Conductor::ask() {
    listAwaited(monotonic());
    events_.prepare(*current());
    note(Milestone::Asked, fmt::format("{}", awaited_.size()));
    for (const auto& [id, time] : awaited_) { // for the report alone: whoever never answers is in it
        const Inhibitor& lock = log().inhibitors().at(id);
        keep(UpdateMoment{current()->uuid, {Milestone::Asked, lock.who, lock.uid, ports_.now(), lock.unit}});
    }
    if (answer_)
        std::exchange(answer_, nullptr)(current()->uuid);
}

void Conductor::writeRecord() {
    recorded_ = false;
    ports_.writeRecord(*current(), ifStillWanted<void>([this](Result<> written) {
        if (!written)
            return on(UpdateEvent::Failed, written.error());
        recorded_ = true;
        sealedIfAll();
    }));
}

void Conductor::seal() {
    quiet_ = false;
    custodian_.seal();
    custodian_.whenQuiet(ifStillWanted<void>([this](Result<> quiet) {
        if (!quiet)
            return on(UpdateEvent::Failed, quiet.error());
        ports_.takeCustody(ifStillWanted<void>([this](Result<>) { // of what has come since clients were asked
            quiet_ = true;
            sealedIfAll();
        }));
    }));
}

void Conductor::sealedIfAll() {
    if (phase() != Phase::Prepared || !quiet_ || !recorded_)
        return;
    note(Milestone::Sealed);
    on(UpdateEvent::Sealed);
}

void Conductor::leave() {
    note(Milestone::Left);
    ports_.leave(*current(), ifStillWanted<void>([this](Result<> left) {
        on(UpdateEvent::Failed, left ? Error{Errc::KernelRefused, "the machine did not go down"} : left.error());
    }));
}

namespace {

// When the last client was ready, or was not waited for any longer.
std::uint64_t readyAt(const Update& update) {
    std::uint64_t at = 0;
    for (const Moment& m : update.moments)
        if (m.what == Milestone::Asked || m.what == Milestone::Ready || m.what == Milestone::Late)
            at = std::max(at, m.at.monotonic);
    return at;
}

} // namespace

void Conductor::awaitEnd() {
    if (phase() == Phase::Leaving && current()->mode == UpdateMode::Direct)
        return ports_.noAlarm(); // reboot() answers, or luod is no more
    ports_.alarm(readyAt(*current()) + policy_.leaveTimeout, [this] {
        on(UpdateEvent::TimedOut,
           {Errc::KernelRefused, phase() == Phase::Prepared
                                     ? "what was under way when everybody was ready did not come to an end in time "
                                       "(LeaveTimeoutSec= in luod.conf)"
                                     : "the machine did not go down in time (LeaveTimeoutSec= in luod.conf); see 'systemctl "
                                       "list-jobs' for what holds it up"});
    });
}

void Conductor::noteAbort(const Error& why) {
    if (!current()->find(Milestone::Aborted))
        note(Milestone::Aborted, why.words);
}

void Conductor::tell(const Error& why) {
    Update over = *current();
    over.outcome = aborted;
    over.words = why.words;
    events_.over(over);
}

void Conductor::end(const Error& why) {
    ++run_;
    awaited_.clear();
    ports_.noAlarm();
    keep(UpdateEnded{std::string(aborted), why.words});
    events_.phaseChanged();
    if (answer_)
        std::exchange(answer_, nullptr)(std::unexpected(why));
}

} // namespace luod::core
