// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate.hpp"

#include "message_ids.hpp"
#include "proto/names.hpp"
#include "say.hpp"
#include "terminals.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace luod::gate {

namespace {

constexpr std::uint64_t second = 1'000'000;
constexpr std::uint64_t lastTime = 90 * second; // for the barrier while the gate is being stopped: its unit allows more

} // namespace

Paths::Paths(const std::string& root)
    : kexecLoaded(root + "/sys/kernel/kexec_loaded"), departing(root + proto::departingMark),
      forbidden(root + "/run/luod/kexec-forbidden"), devices(root + "/dev") {}

Gate::Gate(sd_event* loop, Paths paths)
    : loop_(loop), paths_(std::move(paths)), bus_(loop), logind_(bus_), manager_(bus_, paths_.forbidden), luod_(bus_),
      barrier_(loop, luod_, manager_), patience_(loop) {}

void Gate::start() {
    markDeparting(false); // what a gate that was killed may have left
    allowKexec();
    logind_.onPrepare([this](bool start, const std::optional<std::string>& type) { prepare(start, type); });
    logind_.onAppearing([this] {
        if (state_ == State::Watching)
            takeLock();
    });
    luod_.onChange([this] { phaseChanged(); });
    luod_.onAborted([this](const std::string& why) { barrier_.aborted(why); });
    takeLock();
    sd_notify(0, "READY=1");
    phaseChanged(); // luod may have been waiting for us
}

void Gate::takeLock() {
    if (!logind_.there())
        return; // shutdowns then go straight to the service manager: see terminate()
    if (auto lock = logind_.takeLock(); !lock)
        say(LOG_WARNING, "logind gives no delay lock: " + lock.error().words, message::unguarded);
}

// ---- A shutdown by logind

void Gate::prepare(bool start, const std::optional<std::string>& type) {
    if (!start)
        return cameToNothing();
    if (state_ != State::Watching)
        return; // told twice, or asked for by ourselves
    if (goesToKexec(type)) {
        auto delay = logind_.longestDelay();
        state_ = State::Asking;
        return beginBarrier(delay - std::min(delay / 2, second));
    }
    state_ = State::LetGo;
    logind_.dropLock();
}

// logind before 255 does not say what kind of shutdown it is. A next kernel that is loaded is what `systemctl kexec` and
// `systemctl reboot` lead to; whether it is a plain poweroff can be known only where shutdown(8) set a time for it.
bool Gate::goesToKexec(const std::optional<std::string>& type) {
    if (type)
        return *type == "kexec";
    std::string loaded;
    std::getline(std::ifstream(paths_.kexecLoaded), loaded);
    auto scheduled = logind_.scheduled();
    return loaded == "1" && (scheduled.empty() || scheduled == "kexec" || scheduled == "reboot");
}

void Gate::beginBarrier(std::uint64_t time) {
    barrier_.begin(time, [this](const Barrier::Verdict& verdict) { decided(verdict); });
}

void Gate::decided(const Barrier::Verdict& verdict) {
    if (verdict.go)
        letGo(verdict);
    else if (state_ == State::Last)
        clearShutdown(verdict.why);
    else
        stopShutdown(verdict.why);
}

void Gate::letGo(const Barrier::Verdict& verdict) {
    if (verdict.updated)
        markDeparting(true);
    if (!verdict.why.empty())
        say(LOG_WARNING, verdict.why, message::unguarded);
    else
        say(LOG_INFO, verdict.updated ? "everybody is ready for the live update: the shutdown goes on"
                                      : "nothing is held over a live update: the shutdown goes on", message::shutdownLetGo);
    if (state_ == State::Last)
        return exit();
    state_ = State::LetGo;
    logind_.dropLock();
}

// logind has no word for "no". But once the lock is dropped and the target cannot be started, it gives the shutdown up.
void Gate::stopShutdown(const std::string& why) {
    state_ = State::Stopping;
    tell(why);
    if (auto forbidden = manager_.forbidKexec(); !forbidden) {
        say(LOG_ERR, "kexec.target cannot be masked, so the shutdown is only put off: " + forbidden.error().words,
            message::cannotStop);
        return; // with the lock held: when logind has waited long enough, terminate() has its chance
    }
    patience_.after(logind_.longestDelay() + 10 * second, [this] { cameToNothing(); }); // others may hold locks, too
    logind_.dropLock();
}

void Gate::cameToNothing() {
    patience_.off();
    allowKexec();
    if (state_ == State::LetGo && luod_.leavesBySystemd())
        luod_.abort("the shutdown into the next kernel came to nothing");
    if (state_ == State::Last || state_ == State::Watching)
        return;
    markDeparting(false);
    if (ending_)
        return exit();
    state_ = State::Watching;
    takeLock();
}

// ---- A live update that luod leads

void Gate::phaseChanged() {
    barrier_.phaseChanged();
    if (state_ == State::Watching && luod_.leavesBySystemd())
        return goOver();
    if (state_ == State::LetGo && luod_.phase() == "idle" && logind_.there() && ::access(paths_.departing.c_str(), F_OK) == 0)
        stopShutdown("luod gave the live update up"); // in the moments that other locks give us
}

void Gate::goOver() {
    state_ = State::LetGo;
    markDeparting(true);
    logind_.dropLock();
    auto asked = logind_.there() ? logind_.kexec() : manager_.startKexec();
    if (asked) {
        say(LOG_INFO, "luod goes over: the shutdown into the next kernel was asked for", message::shutdownStarted);
        return;
    }
    say(LOG_ERR, "the shutdown into the next kernel cannot be had: " + asked.error().words, message::cannotStop);
    luod_.abort("the shutdown into the next kernel cannot be had: " + asked.error().words);
    markDeparting(false);
    state_ = State::Watching;
    takeLock();
}

// ---- The last moment: the gate is stopped before every service of multi-user.target

void Gate::terminate() {
    if (state_ == State::Last)
        return;
    ending_ = true;
    if (!manager_.kexecQueued())
        return endOrderly();
    if (luod_.phase() == "leaving")
        return exit();
    bool asking = state_ == State::Asking; // logind did not wait so long
    state_ = State::Last;
    if (!asking)
        beginBarrier(lastTime);
}

// Somebody stops this service, and nothing but it.
void Gate::endOrderly() {
    if (state_ == State::Asking)
        luod_.abort("luod-gate was stopped while the clients got ready"); // upon which the shutdown is stopped
    else if (state_ != State::Stopping)
        exit();
}

void Gate::clearShutdown(const std::string& why) {
    tell(why);
    auto cleared = manager_.clearJobs();
    if (!cleared)
        say(LOG_ERR, "the shutdown cannot be stopped: " + cleared.error().words, message::cannotStop);
    else if (auto started = manager_.startSelf(); !started)
        say(LOG_ERR, "luod-gate.service is not started again: " + started.error().words, message::unguarded);
    exit();
}

// ---- For all

void Gate::tell(const std::string& why) {
    const std::string words = "The shutdown into the next kernel was stopped by luod: " + harmless(why);
    say(LOG_ERR, words, message::shutdownStopped);
    tellTerminals(paths_.devices, logind_.there() ? logind_.terminals() : std::vector<std::string>{"console"}, words);
}

void Gate::allowKexec() {
    if (auto allowed = manager_.allowKexec(); !allowed)
        say(LOG_ERR, "kexec.target stays masked, and so nobody can go over: " + allowed.error().words, message::cannotStop);
}

void Gate::markDeparting(bool departing) {
    if (!departing)
        ::unlink(paths_.departing.c_str());
    else if (!std::ofstream(paths_.departing))
        say(LOG_WARNING, "cannot write " + paths_.departing, message::unguarded);
}

void Gate::exit() { sd_event_exit(loop_, EXIT_SUCCESS); }

} // namespace luod::gate
