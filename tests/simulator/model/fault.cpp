// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fault.hpp"

#include <cerrno>

namespace luosim::model {

void FaultTable::add(Fault fault) {
    entries_.push_back({std::move(fault), 0});
}

void FaultTable::clear() {
    entries_.clear();
}

std::vector<Fault> FaultTable::faults() const {
    std::vector<Fault> all;
    for (const Entry& entry : entries_)
        all.push_back(entry.fault);
    return all;
}

bool FaultTable::matches(const Fault& fault, const Event& event) {
    // `call` is any call of a program: not the jump, and not the loading of modules.
    const bool isCall = event.point != Point::kexec && event.point != Point::module && event.stage == Stage::call;
    if (fault.point == Point::call ? !isCall : fault.point != event.point || fault.stage != event.stage)
        return false;
    return (!fault.session || *fault.session == event.session) && (!fault.token || fault.token == event.token) &&
           (!fault.module || *fault.module == event.module);
}

bool FaultTable::strikes(Entry& entry, const Event& event) {
    if (!matches(entry.fault, event))
        return false;
    ++entry.met;
    return (!entry.fault.nth || entry.met == *entry.fault.nth) && (!entry.fault.from || entry.met >= *entry.fault.from);
}

int FaultTable::strikeErrno(const Event& event) {
    int answer = 0;
    for (Entry& entry : entries_) // all of them, for each counts for itself
        if (entry.fault.effect == Effect::errnoNumber && strikes(entry, event) && !answer)
            answer = entry.fault.errnoNumber;
    return answer;
}

FaultTable::Treatment FaultTable::strikeTreatment(const Event& event) {
    Treatment treatment;
    for (Entry& entry : entries_) {
        const Effect effect = entry.fault.effect;
        if (effect != Effect::delay && effect != Effect::kill && effect != Effect::killAfter)
            continue;
        if (!strikes(entry, event))
            continue;
        treatment.delay += entry.fault.delay;
        treatment.kill |= effect == Effect::kill;
        treatment.killAfter |= effect == Effect::killAfter;
    }
    return treatment;
}

bool FaultTable::strikePowerLoss() {
    bool lost = false;
    for (Entry& entry : entries_)
        if (entry.fault.effect == Effect::powerLoss)
            lost |= strikes(entry, {Point::kexec});
    return lost;
}

bool FaultTable::moduleNotLoaded(std::string_view name) {
    for (Entry& entry : entries_)
        if (entry.fault.effect == Effect::notLoaded && matches(entry.fault, {Point::module, Stage::call, {}, {}, name}))
            return true;
    return false;
}

} // namespace luosim::model
