// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "calls/request.hpp"
#include "control.hpp"
#include "machine.hpp"
#include "options.hpp"
#include "postponed.hpp"
#include "spawn.hpp"
#include "trace.hpp"

#include <cstdint>

namespace luosim {

/// Runs one machine from its first boot to its last: takes the calls of the supervised programs and answers them.
class Supervisor {
public:
    explicit Supervisor(const Options& options);

    /// The exit status of the command in its last boot.
    int run();

private:
    bool startBoot();
    void bootLoop();
    void endBoot();
    void wake(int fd);
    void watch(int fd);
    void unwatch(int fd);

    void takeCalls();
    void handle(Call call);
    void perform(Call call, Request& request, bool killAfter);
    void settle(Call& call, const Outcome& outcome);
    void describe(const Call& call, const std::string& words, const Outcome& outcome);
    void takeSignals();
    void reap();

    const Options& options_;
    Trace trace_;
    Machine machine_;
    Surroundings before_;
    Control control_;
    Postponed postponed_;
    Fd epoll_;
    Fd signals_;
    Fd listener_;
    std::string listenerPath_;
    pid_t command_ = -1;
    bool commandEnded_ = false;
    int commandStatus_ = 0;
    std::uint64_t calls_ = 0; ///< of the live update, in all boots
};

} // namespace luosim
