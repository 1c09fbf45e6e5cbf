// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "luod.hpp"
#include "manager.hpp"
#include "timer.hpp"

#include <functional>
#include <optional>

namespace luod::gate {

// Whether a shutdown into the next kernel may go on: asks luod for a live update, and waits until everybody is ready or
// somebody said no.
class Barrier {
public:
    Barrier(sd_event* loop, Luod& luod, Manager& manager) : luod_(luod), manager_(manager), deadline_(loop), grace_(loop) {}

    struct Verdict {
        bool go = false;
        std::string why; // not; or what there is to say about it
        bool updated = false; // luod led it here: its sessions are on the way
    };
    using Done = std::function<void(const Verdict&)>;

    // Within so many microseconds the verdict is there. At once, where nothing is to be asked.
    void begin(std::uint64_t time, Done done);
    bool underWay() const { return bool(done_); }

    // What luod says meanwhile.
    void phaseChanged();
    void aborted(const std::string& why);

private:
    std::optional<Verdict> known();
    void ask(std::uint64_t time);
    void refused(const Failure& why);
    void tooLate();
    void end(Verdict verdict);
    void stop(std::string why) { end({.go = false, .why = std::move(why)}); }

    Luod& luod_;
    Manager& manager_;
    Timer deadline_, grace_;
    Done done_;
    bool vanished_ = false;
};

} // namespace luod::gate
