// SPDX-License-Identifier: LGPL-2.1-or-later
#include "barrier.hpp"

#include <algorithm>
#include <utility>

namespace luod::gate {

namespace {

// What stands between luod being idle again and the word why.
constexpr std::uint64_t grace = 1'000'000;

// Of the time that is given the clients have all but this: the check, and the sealing of sessions, take some, too.
std::uint64_t margin(std::uint64_t time) { return std::max<std::uint64_t>(time / 10, std::min(time / 2, grace)); }

} // namespace

void Barrier::begin(std::uint64_t time, Done done) {
    done_ = std::move(done);
    vanished_ = false;
    if (auto verdict = known())
        return end(std::move(*verdict));
    deadline_.after(time, [this] { tooLate(); });
    if (luod_.phase() == "idle")
        ask(time);
}

// What can be told without asking for an update. Another one's that is under way is waited for.
std::optional<Barrier::Verdict> Barrier::known() {
    if (!luod_.refresh()) {
        if (luod_.there() || manager_.luodRuns())
            return Verdict{.go = false, .why = "luod is running and does not answer: its sessions might be lost"};
        return Verdict{.go = true, .why = "luod is not running: nobody is asked, and what it may have left is not looked after"};
    }
    if (luod_.phase() == "leaving")
        return Verdict{.go = true, .updated = true};
    auto nothing = luod_.nothingAtStake();
    if (!nothing)
        return Verdict{.go = false, .why = "luod does not say what it holds: " + nothing.error().words};
    if (*nothing)
        return Verdict{.go = true};
    return {};
}

void Barrier::ask(std::uint64_t time) {
    luod_.update(time - margin(time), [this](const Failure& why) { refused(why); });
}

void Barrier::refused(const Failure& why) {
    if (underWay() && !why.nobodyThere()) // a luod that went away comes back, and goes on or gives up
        stop(why.words);
}

void Barrier::phaseChanged() {
    if (!underWay())
        return;
    if (luod_.phase().empty())
        vanished_ = true;
    else if (luod_.phase() == "leaving")
        end({.go = true, .updated = true});
    else if (luod_.phase() == "idle" && vanished_)
        stop("luod was started again meanwhile and gave the update up");
    else if (luod_.phase() == "idle")
        grace_.after(grace, [this] { stop("luod gave the update up and did not say why"); });
}

void Barrier::aborted(const std::string& why) {
    if (underWay())
        stop(why);
}

void Barrier::tooLate() {
    auto why = luod_.there() ? "the clients were not ready in the time that the shutdown waits for them"
                             : "luod went away and did not come back in the time that the shutdown waits for it";
    luod_.abort(why);
    stop(why);
}

void Barrier::end(Verdict verdict) {
    deadline_.off();
    grace_.off();
    auto done = std::exchange(done_, {});
    done(verdict);
}

} // namespace luod::gate
