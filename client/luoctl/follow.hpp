// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Watches an update that has begun, to its end or to that of the machine.

#include "interrupts.hpp"
#include "progress.hpp"
#include "verbs.hpp"

namespace luoctl {

class Follow {
public:
    Follow(Luod& luod, Progress& progress, Interrupts& interrupts)
        : luod_(luod), progress_(progress), interrupts_(interrupts) {}
    // Returns when it arrived, or when the connection broke because the machine goes; throws when it did not come to
    // that.
    void run(const std::string& update);

private:
    bool drain(); // false: the bus is gone
    void take(const luod_event& event);
    void phase(const std::string& phase);
    void ask(); // how it stands, after luod was away
    void conclude(const std::string& outcome, const std::string& words);
    void showWaiting();

    Luod& luod_;
    Progress& progress_;
    Interrupts& interrupts_;
    std::string update_, phase_ = "checking"; // which was said before
    uint64_t since_ = 0, deadline_ = 0; // since when clients are asked, and how long they may take
    bool over_ = false;
};

} // namespace luoctl
