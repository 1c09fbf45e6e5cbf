// SPDX-License-Identifier: LGPL-2.1-or-later
#include "live_updates.hpp"

#include "say.hpp"

#include <systemd/sd-daemon.h>

namespace luod::qemu {

namespace {

constexpr std::uint64_t second = 1'000'000;
constexpr std::uint64_t usualDeadline = 30 * second; // where luod says none
constexpr std::uint64_t pause = 5 * second;          // between attempts at a cover

} // namespace

void LiveUpdates::begin(Guest guest, bool covered, std::optional<Incoming> unfinished) {
    guest_.emplace(std::move(guest));
    unfinished_ = std::move(unfinished);
    watch();
    if (unfinished_)
        again_.after(pause, [this] { finish(); });
    else
        covered ? fill() : renew();
    process();
}

// ---- What luod says

void LiveUpdates::watch() {
    source_ = sd_event_source_disable_unref(source_);
    // Only to wake up: process() follows whatever the loop does.
    sd_event_add_io(loop_, &source_, luod_->fd(), EPOLLIN, [](sd_event_source*, int, std::uint32_t, void*) { return 0; }, this);
}

void LiveUpdates::process() {
    do {
        if (luod_ && !luod_->process([this](const luod_event& event) { hear(event); }))
            disconnected();
    } while (act()); // what it asks luod may bring in more, and the loop does not hear of that
}

// Only noted: more may come while something is done about it.
void LiveUpdates::hear(const luod_event& event) {
    if (event.type == LUOD_EVENT_PREPARE)
        (over_ ? next_ : update_) = Update{event.deadline ? event.deadline : usualDeadline, false};
    else if (event.type == LUOD_EVENT_OVER) {
        over_ = true;
        next_.reset();
    } else if (event.type == LUOD_EVENT_LUOD_BACK)
        doubtful_ = true;
}

// False: there was nothing to do, or it has to wait for filled().
bool LiveUpdates::act() {
    if (std::exchange(doubtful_, false) && luod_)
        recheck();
    else if (std::exchange(over_, false))
        settle();
    else if (update_ && luod_ && !update_->refused && !frozen_ && !cover_.filling())
        prepare();
    else
        return false;
    return true;
}

// After a time in which words may have been missed.
void LiveUpdates::recheck() {
    auto phase = luod_->phase();
    if (!phase)
        return;
    if (*phase == "idle")
        over_ = true;
    else if (*phase == "preparing" && !update_ && !frozen_)
        update_ = Update{usualDeadline, false};
}

void LiveUpdates::disconnected() {
    say(LOG_WARNING, "the bus is gone; it is tried again until it is back");
    source_ = sd_event_source_disable_unref(source_);
    luod_.reset();
    back_.after(second, [this] { connect(); });
}

void LiveUpdates::connect() {
    auto luod = Luod::connect();
    if (!luod)
        return back_.after(second, [this] { connect(); });
    luod_ = std::move(*luod);
    watch();
    doubtful_ = true;
    process();
    if (!unfinished_ && !cover_.complete() && !cover_.filling() && !frozen_)
        renew();
}

// ---- A live update

void LiveUpdates::prepare() {
    if (!cover_.complete())
        renew();
    if (cover_.complete())
        freeze();
    else if (!cover_.filling())
        refuse(problem_);
}

void LiveUpdates::freeze() {
    tell("A live update comes, and the guest is being saved");
    const qmp::Monitor::Interrupt aborted{luod_->fd(), [this] {
        luod_->process([this](const luod_event& event) { hear(event); });
        return over_;
    }};
    const pid_t qemu = guest_->vm.child.pid();
    auto frozen = cover_.freeze(guest_->vm, *luod_, update_->deadline, aborted);
    if (guest_->vm.child.pid() != qemu)
        guest_->replaced();
    if (!frozen)
        return refuse(frozen.error());
    if (!*frozen)
        return tellStood("while the guest was being saved");
    frozen_ = true;
    cover_.letGo();
    tell("The guest stands still, and is ready for the live update");
}

void LiveUpdates::refuse(const std::string& why) {
    update_->refused = true;
    say(LOG_ERR, "the guest cannot go over: " + why);
    // Where this is not allowed, the lock stays, and luod finds the guest late.
    if (auto told = luod_ ? luod_->abort("guest " + name_ + ": " + why) : failure("the bus is gone"); !told)
        say(LOG_WARNING, "luod is not told: " + told.error());
}

void LiveUpdates::tellStood(const char* when) const {
    say(LOG_INFO, "the live update was aborted " + std::string(when) + ": it goes on after " +
                      std::to_string(cover_.stood() / 1000) + " ms");
}

// The update came to nothing.
void LiveUpdates::settle() {
    const bool asked = update_.has_value();
    update_ = std::exchange(next_, std::nullopt);
    if (std::exchange(frozen_, false)) {
        const pid_t qemu = guest_->vm.child.pid();
        if (auto thawed = cover_.thaw(guest_->vm); !thawed)
            return guest_->lost(thawed.error());
        tellStood("while the guest stood still");
        if (guest_->vm.child.pid() != qemu)
            guest_->replaced();
    }
    if (asked && !cover_.complete() && !cover_.filling())
        renew();
}

void LiveUpdates::end(const std::string& how) {
    if (update_ && !update_->refused && !frozen_)
        refuse("its QEMU has ended: " + how);
    if (!luod_)
        return;
    if (auto dropped = cover_.drop(*luod_); !dropped)
        say(LOG_WARNING, "the guest's session stays: " + dropped.error());
}

// ---- The cover

void LiveUpdates::renew() {
    if (!luod_)
        return;
    again_.off();
    if (auto dropped = cover_.drop(*luod_); !dropped)
        return uncovered(dropped.error());
    if (auto begun = cover_.begin(*luod_, guest_->vm.parts); !begun)
        return uncovered(begun.error());
    if (auto attached = cover_.attach(*luod_, guest_->vm); !attached)
        return uncovered(attached.error());
    fill();
}

void LiveUpdates::fill() {
    cover_.fill(guest_->vm, [this](const Result<>& result) { filled(result); });
    tell("The guest runs");
}

void LiveUpdates::filled(const Result<>& result) {
    if (!result)
        uncovered(result.error());
    else
        tell("The guest runs, and its memory is preserved for a live update");
    if (update_ && !result)
        refuse(problem_);
}

void LiveUpdates::uncovered(const std::string& why) {
    if (problem_ != why)
        say(LOG_ERR, "the guest would not come through a live update: " + why);
    problem_ = why;
    again_.after(pause, [this] { renew(); });
}

// Until then no further live update begins: it would take away what is not finished.
void LiveUpdates::finish() {
    if (!luod_ || !unfinished_->finish(*luod_))
        return again_.after(pause, [this] { finish(); });
    unfinished_.reset();
    renew();
}

void LiveUpdates::tell(const std::string& status) { sd_notify(0, ("STATUS=" + status).c_str()); }

} // namespace luod::qemu
