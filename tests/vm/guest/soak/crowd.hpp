// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "plan.hpp"

#include <map>
#include <sys/types.h>
#include <systemd/sd-bus.h>

namespace soak {

// Kills luod (-9), and now and then has it restarted, or kills a client. What it does follows from the seed; what it hits depends
// on how fast the machine is.
class Killer {
public:
    Killer(std::uint64_t seed, unsigned kills);
    ~Killer() { sd_bus_flush_close_unref(bus_); }
    Killer(const Killer&) = delete;
    Killer& operator=(const Killer&) = delete;

    bool isThrough() const { return left_ == 0; }
    void strike(const std::map<pid_t, unsigned>& clients); // after a while
    unsigned kills = 0, restarts = 0, clients = 0;         // so far; of luod the first two

private:
    void killLuod();
    void restartLuod();

    Random random_;
    unsigned left_; // kills of luod
    sd_bus* bus_ = nullptr;
};

enum class Task { Fill, Discard, Verify };

// Has the plan's clients do it, all at once, a process each; those that are killed begin anew. Dies of what any of them lost.
void carryOut(const Plan& plan, Task task, Killer& killer);

} // namespace soak
