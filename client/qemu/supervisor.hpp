// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// One guest from its start to its end: QEMU's process, our signals, and the service manager.

#include "journey.hpp"
#include "live_updates.hpp"

#include <csignal>

namespace luod::qemu {

class Supervisor {
public:
    Supervisor(sd_event* loop, Settings settings);
    ~Supervisor();

    Result<> start();
    int status() const { return status_; } // QEMU's, when the loop has ended

private:
    void watchSignals();
    void watchQemu();
    void onSignal(int number);
    void powerDown();
    void qemuEnded();
    void leave(int status);
    void drain();

    static constexpr int passedOn[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

    sd_event* loop_;
    Settings settings_;
    Fd nameLock_;
    Cover cover_;
    std::optional<LiveUpdates> updates_;
    std::optional<Vm> vm_;
    gate::Timer patience_;
    sd_event_source *ending_ = nullptr, *talking_ = nullptr;
    int status_ = 0;
};

} // namespace luod::qemu
