// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The guest's part in live updates: hears of one, freezes the guest, and lets it go on when nothing comes of it.
//
//   covered --asked--> (the rest of the cover is waited for) --> frozen: ready --over--> thawed --> covered anew
//                                              `--failed--> luod is told why --over--> covered anew

#include "client/gate/timer.hpp"
#include "cover.hpp"
#include "incoming.hpp"

#include <functional>
#include <optional>

namespace luod::qemu {

class LiveUpdates {
public:
    LiveUpdates(sd_event* loop, std::string name, Luod luod, Cover& cover)
        : loop_(loop), name_(std::move(name)), luod_(std::move(luod)), cover_(cover), again_(loop), back_(loop) {}
    ~LiveUpdates() { sd_event_source_disable_unref(source_); }
    LiveUpdates(const LiveUpdates&) = delete;
    LiveUpdates& operator=(const LiveUpdates&) = delete;

    Luod& luod() { return *luod_; }
    // The guest has come to run. replaced: it has got another QEMU; lost: it cannot go on.
    struct Guest {
        Vm& vm;
        std::function<void()> replaced;
        std::function<void(const std::string& why)> lost;
    };
    void begin(Guest guest, bool covered, std::optional<Incoming> unfinished);
    // What luod has said. To be called whenever the loop has done something.
    void process();

    bool frozen() const { return frozen_; } // and luod was told so: nothing of the session may be touched
    // Its QEMU is gone, or about to go: nothing is left to be carried over.
    void end(const std::string& how);

private:
    struct Update {
        std::uint64_t deadline = 0;
        bool refused = false;
    };
    void hear(const luod_event& event);
    bool act();
    void recheck();
    void prepare();
    void freeze();
    void refuse(const std::string& why);
    void settle();
    void tellStood(const char* when) const;
    void renew();
    void fill();
    void filled(const Result<>& result);
    void uncovered(const std::string& why);
    void finish();
    void watch();
    void disconnected();
    void connect();
    void tell(const std::string& status);

    sd_event* loop_;
    std::string name_;
    std::optional<Luod> luod_; // none: the bus is gone
    Cover& cover_;
    gate::Timer again_, back_; // for another attempt at a cover or at finishing, and at the bus
    std::optional<Incoming> unfinished_;
    sd_event_source* source_ = nullptr;
    std::optional<Guest> guest_;
    std::optional<Update> update_; // that we were asked for and that is not over
    std::optional<Update> next_;   // heard of before the one that is over was settled
    bool over_ = false, doubtful_ = false, frozen_ = false;
    std::string problem_; // why there is no cover
};

} // namespace luod::qemu
