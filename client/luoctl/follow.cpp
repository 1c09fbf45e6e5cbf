// SPDX-License-Identifier: LGPL-2.1-or-later
#include "follow.hpp"

#include "failure.hpp"
#include "format.hpp"
#include "handover.hpp"
#include "proto/errors.hpp"
#include "wait.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/core.h>

namespace luoctl {
namespace {

constexpr uint64_t second = 1'000'000;

std::string lineOf(const std::string& phase, uint64_t took) {
    if (phase == "preparing")
        return "preparing: clients are asked to get ready";
    if (phase == "prepared")
        return fmt::format("prepared: all clients are through after {}, sessions are sealed", seconds(took));
    if (phase == "leaving")
        return "leaving: the machine goes over to the next kernel";
    return phase;
}

// Phases that ask() has found out are told once more by the events that were waiting.
bool isLater(const std::string& phase, const std::string& than) {
    constexpr std::array order{"checking", "preparing", "prepared", "leaving"};
    return std::ranges::find(order, phase) - std::ranges::find(order, than) > 0;
}

// luod comes back, which is an event; or the bus is gone, too, which is seen next.
void unlessAway(const Failure& failure) {
    if (failure.exitCode != luod::proto::exitUnreachable)
        throw failure;
}

} // namespace

void Follow::run(const std::string& update) {
    update_ = update;
    since_ = monotonicNow();
    progress_.say("update", update, fmt::format("live update {}", update));
    ask(); // phases that were passed while luod answered
    while (drain() && !over_) {
        if (interrupts_.take()) {
            luod_.abort("interrupted at luoctl kexec");
            continue;
        }
        showWaiting();
        waitFor(luod_, interrupts_.fd(), progress_.changing() ? second : UINT64_MAX);
    }
    if (!over_ && phase_ != "leaving")
        throw fromLuod("", "", "the connection broke before the machine was to go", -ENOTCONN);
}

bool Follow::drain() {
    int r;
    while ((r = luod_process(luod_.handle())) > 0)
        ;
    int failed = r == -ENOTCONN ? 0 : r;
    const luod_event* event = nullptr;
    while (!over_ && luod_next_event(luod_.handle(), &event) > 0)
        take(*event);
    luod_.check(failed, "cannot go on");
    return r != -ENOTCONN;
}

void Follow::take(const luod_event& event) {
    std::string_view what = event.type == LUOD_EVENT_PROGRESS ? event.what : "";
    if (event.type == LUOD_EVENT_PHASE)
        phase(event.state);
    else if (event.type == LUOD_EVENT_PREPARE)
        deadline_ = event.deadline;
    else if (what == "late")
        progress_.say("late", event.subject, fmt::format("{} missed its deadline", event.subject));
    else if (event.type == LUOD_EVENT_OVER && update_ == event.update)
        conclude(event.outcome, event.reason);
    else if (event.type == LUOD_EVENT_LUOD_BACK)
        ask();
}

void Follow::phase(const std::string& phase) {
    if (phase == "idle" || !isLater(phase, phase_)) // that it is over is said by another event, with the reason
        return;
    phase_ = phase;
    progress_.say("phase", phase, lineOf(phase, monotonicNow() - since_));
}

// What luod says may also be of the next kernel, or of a restart in which the update ended without our hearing of it.
void Follow::ask() try {
    Status status = luod_.status();
    if (status.update == update_)
        return phase(status.phase);
    Report report = luod_.report(update_);
    conclude(report.outcome, report.words);
} catch (const Failure& failure) {
    unlessAway(failure);
}

void Follow::conclude(const std::string& outcome, const std::string& words) {
    if (outcome == "under-way")
        return;
    over_ = true;
    progress_.say("over", outcome, fmt::format("over: {}{}{}", outcome, words.empty() ? "" : ": ", words));
    const HandoverRow* row = handoverRow(outcome);
    if (outcome == "aborted")
        throw Failure{asLuod("", "CheckFailed", "").exitCode,
                      fmt::format("the live update was aborted: {}", printable(words))};
    if (!row || row->exitCode != 0)
        throw Failure{row ? row->exitCode : luod::proto::exitFailure,
                      fmt::format("the live update ended as {}: {}", outcome, printable(words))};
}

void Follow::showWaiting() try {
    if (progress_.changing())
        progress_.waiting(phase_ == "preparing" ? luod_.status().awaited : std::vector<std::string>{}, since_,
                          deadline_);
} catch (const Failure& failure) {
    unlessAway(failure);
}

} // namespace luoctl
