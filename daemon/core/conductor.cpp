// SPDX-License-Identifier: LGPL-2.1-or-later

// From the table to the world: an event's effects are carried out one by one, and what comes of them is another event.
// Events that come meanwhile wait, so that each finds the phase it was meant for, or the table passes it over.

#include "core/conductor.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace luod::core {

Conductor::Conductor(UpdatePorts& ports, Custodian& custodian, LedgerKeeper& ledger, Registry& registry, UpdateEvents& events)
    : ports_(ports), custodian_(custodian), ledger_(ledger), registry_(registry), events_(events) {}

Phase Conductor::phase() const { return log().phase(); }
const Update* Conductor::current() const { return log().current(); }

void Conductor::on(UpdateEvent event, Error why) {
    pending_.emplace_back(event, std::move(why));
    if (std::exchange(busy_, true))
        return;
    while (!pending_.empty()) {
        auto [next, reason] = std::move(pending_.front());
        pending_.pop_front();
        step(next, reason);
    }
    busy_ = false;
}

void Conductor::step(UpdateEvent event, const Error& why) {
    if (!current())
        return;
    const Transition* way = transition(phase(), event, *current());
    if (!way)
        return;
    // Back to Idle it goes only with End: killed before that, the next luod undoes everything once more.
    if (way->phase != phase() && way->phase != Phase::Idle)
        if (auto entered = enter(way->phase); !entered)
            return on(UpdateEvent::Failed, entered.error());
    carryOut(*way, why);
}

void Conductor::carryOut(const Transition& way, const Error& why) {
    for (UpdateEffect effect : way.effects)
        perform(effect, why);
}

Result<> Conductor::enter(Phase phase) {
    UpdatePhase record{phase, current()->to, current()->deadline};
    if (phase == Phase::Preparing) {
        record.to = to_;
        record.deadline = monotonic() + allowed_;
    }
    if (auto written = ledger_.record(registry_, record); !written)
        return written;
    events_.phaseChanged();
    return {};
}

void Conductor::perform(UpdateEffect effect, const Error& why) {
    switch (effect) {
    case UpdateEffect::None:
        break;
    case UpdateEffect::Check:
        return check();
    case UpdateEffect::Reload:
        return ports_.reload(*current(), expect(UpdateEvent::Reloaded));
    case UpdateEffect::CarryForward:
        return carryForward(policy_.unclaimed == UpdatePolicy::Unclaimed::Carry ? custodian_.unclaimed()
                                                                                : std::vector<SessionId>{});
    case UpdateEffect::Ask:
        return ask();
    case UpdateEffect::WriteRecord:
        return writeRecord();
    case UpdateEffect::AwaitClients:
        return awaitClients();
    case UpdateEffect::NoteLate:
        return noteLate();
    case UpdateEffect::Seal:
        return seal();
    case UpdateEffect::KeepSealed:
        return custodian_.seal();
    case UpdateEffect::TakeCustody:
        return ports_.takeCustody(expect(UpdateEvent::CustodyTaken));
    case UpdateEffect::Leave:
        return leave();
    case UpdateEffect::AwaitEnd:
        return awaitEnd();
    case UpdateEffect::NoteAbort:
        return noteAbort(why);
    case UpdateEffect::Unseal:
        return custodian_.unseal();
    case UpdateEffect::Tell:
        return tell(why);
    case UpdateEffect::GiveBackCustody:
        return ports_.giveBackCustody();
    case UpdateEffect::DropRecord:
        return ports_.dropRecord();
    case UpdateEffect::End:
        return end(why);
    }
}

Done<> Conductor::expect(UpdateEvent passed) {
    return ifStillWanted<void>([this, passed](Result<> answer) {
        if (answer)
            on(passed);
        else
            on(UpdateEvent::Failed, answer.error());
    });
}

// What is so already: should it not fit into the ledger now, a restart knows less, and nothing else.
void Conductor::keep(const Record& record) {
    if (!ledger_.record(registry_, record))
        registry_.apply(record);
}

void Conductor::note(Milestone what, const std::string& detail, const std::string& subject, uid_t owner) {
    Moment moment{what, subject, owner, ports_.now(), detail};
    keep(UpdateMoment{current()->uuid, moment});
    events_.moment(moment, awaited_.size());
}

void Conductor::abort(const std::string& reason) {
    on(UpdateEvent::AbortAsked, {Errc::CheckFailed, reason.empty() ? "aborted by command" : reason});
}

void Conductor::invalidated(const Session& session) {
    if (!current() || std::ranges::find(current()->forced, "files") != current()->forced.end())
        return;
    on(UpdateEvent::AbortAsked, {Errc::FileInvalid, fmt::format("a device behind a file of session '{}' of uid {} was unplugged: "
                                                                "take the file out or discard the session",
                                                                session.name, session.owner)});
}

} // namespace luod::core
