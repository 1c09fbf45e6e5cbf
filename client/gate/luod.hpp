// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus.hpp"

#include <string>

namespace luod::gate {

// luod, seen from outside: how far an update is, and the two requests that the gate has.
class Luod {
public:
    explicit Luod(Bus& bus);

    bool there() const { return there_; }
    // "idle", "checking", "preparing", "prepared", "leaving"; "" while it is not there or does not say
    const std::string& phase() const { return phase_; }
    bool leavesBySystemd() const { return phase_ == "leaving" && mode_ == "systemd"; }
    bool refresh(); // asks for phase and mode; false: no answer

    void onChange(std::function<void()> then) { changed_ = std::move(then); } // of what is above
    // An update was given up, and why.
    void onAborted(std::function<void(const std::string& why)> then) { aborted_ = std::move(then); }

    // Whether nobody would lose anything: no session, no client, no update under way.
    Got<bool> nothingAtStake();
    // `refused` is called when luod says no, or leaves without a word (then with a Failure that says nobodyThere()).
    void update(std::uint64_t deadline, std::function<void(const Failure& why)> refused);
    void abort(const std::string& why);

private:
    void readChange(sd_bus_message* message);
    void readOver(sd_bus_message* message);
    void cameOrWent(bool there);

    Bus& bus_;
    std::function<void()> changed_ = [] {};
    std::function<void(const std::string&)> aborted_ = [](const std::string&) {};
    bool there_ = false;
    std::string phase_, mode_;
};

} // namespace luod::gate
