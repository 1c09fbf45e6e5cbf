// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Who holds the sessions while the machine goes over. By day their fds lie in the fd store, too; but each costs PID 1
// milliseconds in a shutdown, in which clients are paused. So they are taken out of it before clients are asked, and luod and
// its guard hold them alone; whatever ends the update otherwise brings them back.
//
// A few at each turn of the loop: others are served between.

#include "core/conductor.hpp"
#include "platform/custody_guard.hpp"
#include "platform/event_loop.hpp"
#include "platform/worker_pool.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace luod::app {

class Crossing {
public:
    struct Parts {
        platform::EventLoop& loop;
        platform::WorkerPool& workers;
        core::FdStore& store;
        platform::CustodyGuard* guard; // none: then nothing leaves the fd store
        std::function<std::vector<platform::Held>()> held; // all that is to lie in the fd store by day
    };
    explicit Crossing(Parts parts) : parts_(std::move(parts)) {}

    // Answers when PID 1 has let go of them all. What cannot be taken stays, and costs time. May be called again, for what
    // has come since.
    void takeAll(std::function<void()> done);
    void giveBack();
    void giveBackNow(); // before the end of luod

private:
    using Step = bool (Crossing::*)(); // false: that was the last
    void work(Step step, std::function<void()> done);
    bool takeSome();
    bool giveSome();
    void giveBackOne(const std::string& name, int fd);

    Parts parts_;
    std::set<std::string> out_;      // of the fd store
    std::vector<std::string> queue_; // to be taken out
    platform::EventSource turn_;
};

} // namespace luod::app
