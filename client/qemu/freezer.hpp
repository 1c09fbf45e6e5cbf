// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The guest's way into the session, and back when nothing comes of the live update.

#include "outgoing.hpp"
#include "vm.hpp"

namespace luod::qemu {

inline constexpr const char* statusNote = "status"; // what the guest did before it was stopped: "running"

class Freezer {
public:
    // Everything that can be done while the guest runs: a file for the devices' state is made, and QEMU has it.
    Result<> arm(Vm& vm);
    bool armed() const { return state_.get() >= 0; }

    // Stops the guest and puts its devices' state into the session. False: interrupted, and it goes on. After a failure it
    // goes on, too, if QEMU lives. Here and in thaw() the guest may get another QEMU.
    Result<bool> freeze(Vm& vm, Outgoing& outgoing, Luod& luod, const Deadline& deadline,
                        const qmp::Monitor::Interrupt& interrupt);
    // It goes on as it was before.
    Result<> thaw(Vm& vm);
    std::uint64_t stood() const { return stood_; } // the last time, in microseconds, until it went on

private:
    Result<bool> save(Vm& vm, Outgoing& outgoing, Luod& luod, const Deadline& deadline,
                      const qmp::Monitor::Interrupt& interrupt);
    Result<> goOn(Vm& vm);
    Result<> startAgain(Vm& vm);

    Fd state_;
    std::string status_; // before it was stopped
    Instant stopped_;
    std::uint64_t stood_ = 0;
};

// In a fresh QEMU, out of a file that a freezer has filled; the guest then has that status again.
struct Revived {
    Vm vm;
    std::vector<std::string> times;
};
Result<Revived> revive(Parts parts, int state, const std::string& status);

// Whether there is a saved state in it that has not been used yet.
bool isUsable(int state);

} // namespace luod::qemu
