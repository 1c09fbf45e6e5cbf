// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The world as the conductor and the bus see it: clock and alarm, the next kernel, the check, the record on disk, custody
// for the crossing, and the way over.

#include "app/crossing.hpp"
#include "app/next_kernel.hpp"
#include "app/outcomes.hpp"
#include "bus/update_desk.hpp"
#include "check/circumstances.hpp"
#include "core/conductor.hpp"
#include "platform/custody_guard.hpp"
#include "platform/cycles.hpp"
#include "platform/event_loop.hpp"
#include "platform/state_file.hpp"
#include "platform/worker_pool.hpp"

#include <optional>

namespace luod::app {

class UpdateWorld final : public core::UpdatePorts, public bus::UpdateDesk {
public:
    struct Parts {
        platform::EventLoop& loop;
        platform::WorkerPool& workers;
        core::FdStore& store;
        platform::CustodyGuard* guard; // none: then nothing leaves the fd store
        core::LedgerKeeper& keeper;
        core::Registry& registry;
        NextKernel& kernel;
        platform::StateDirectory& state;
    };
    explicit UpdateWorld(Parts parts)
        : parts_(parts), crossing_({parts.loop, parts.workers, parts.store, parts.guard, [this] { return inCustody(); }}) {}

    // What it cannot know when it is made.
    struct Links {
        core::Conductor* conductor = nullptr;
        core::Custodian* custodian = nullptr;
        std::function<void()> imageChanged = [] {};
    };
    void connect(Links links) { links_ = std::move(links); }
    void setAvailability(bool available, std::string reason);
    void setCarriesUnclaimed(bool carries) { carriesUnclaimed_ = carries; }
    void setModules(std::vector<std::string> modules) { modules_ = std::move(modules); } // luod.conf's

    // core::UpdatePorts
    core::Instant now() override;
    void alarm(std::uint64_t monotonic, std::function<void()> then) override;
    void noAlarm() override { alarm_ = {}; }
    void check(const core::Update& update, core::Done<std::string> done) override;
    void reload(const core::Update& update, core::Done<> done) override;
    void writeRecord(const core::Update& update, core::Done<> done) override;
    void dropRecord() override;
    void takeCustody(core::Done<> done) override;
    void giveBackCustody() override { crossing_.giveBack(); }
    void leave(const core::Update& update, core::Done<> done) override;

    // bus::UpdateDesk
    void load(Load what, core::Done<std::string> done) override;
    void unload(core::Done<> done) override;
    std::string newUuid() override;
    void check(core::UpdateMode mode, core::Done<std::vector<image::Finding>> done) override;
    const std::map<std::string, std::uint64_t>& outcomes() override;

    void giveBackCustodyNow() { crossing_.giveBackNow(); }
    void countOutcomes(); // before the loop runs: reads the disk
    void saveHistory(); // to disk, beside the loop; what cannot be written is only said

    static constexpr const char *handoverFile = "handover", *historyFile = "history", *outcomesFile = "outcomes";

private:
    check::Known known(core::UpdateMode mode) const;
    std::vector<platform::CustodyGuard::Held> inCustody() const;

    Parts parts_;
    Links links_;
    platform::EventSource alarm_;
    platform::CycleClock cycles_;
    Crossing crossing_;
    Outcomes outcomes_;
    bool available_ = false, carriesUnclaimed_ = false;
    std::string unavailableReason_;
    std::vector<std::string> modules_;
};

} // namespace luod::app
