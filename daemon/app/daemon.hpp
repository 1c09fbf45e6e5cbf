// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Puts luod together: makes the parts, hands them to each other, and starts them in the order that loses nothing.

#include "app/aftermath.hpp"
#include "app/config.hpp"
#include "app/events.hpp"
#include "app/next_kernel.hpp"
#include "app/patient_luo.hpp"
#include "app/update_news.hpp"
#include "app/update_world.hpp"
#include "bus/bus.hpp"
#include "core/custodian.hpp"
#include "core/recovery.hpp"
#include "kernel/luo_device.hpp"
#include "platform/custody_guard.hpp"
#include "platform/event_loop.hpp"
#include "platform/fd_store.hpp"
#include "platform/file_inspector.hpp"
#include "platform/memfd_ledger.hpp"
#include "platform/uevents.hpp"
#include "platform/worker_pool.hpp"

#include <optional>

namespace luod::app {

class Daemon {
public:
    explicit Daemon(Config config);
    ~Daemon();

    int run(); // the process's exit status

private:
    bool start();
    std::vector<core::InheritedFd> takeInherited();
    std::optional<core::Recovered> recover();
    void keepVerdict(const core::Recovered& recovered);
    bool keepVerdict(Aftermath aftermath);
    void serve(core::Recovered recovered);
    void resumeUpdate(bool newBoot);
    void reportArrival();
    void busLost(const std::string& why);
    void awaitBus();
    void announce();
    void applyConfig();
    void reload();
    void stop(int status);
    void lookAfterRebuilding();
    void lookAfterUnclaimed();
    void lookAfterDevices();
    void updateAvailability();

    Config config_;
    platform::EventLoop loop_;
    core::Errno<platform::CustodyGuard> guard_; // before any thread
    kernel::LuoDevice device_;
    PatientLuo luo_;
    platform::SystemdFdStore store_;
    platform::MemfdLedgerMaker ledgerMaker_;
    platform::FileInspector inspector_;
    std::unique_ptr<platform::WorkerPool> workers_; // ended first: its jobs use everything else
    core::LedgerKeeper keeper_;
    core::Registry registry_;
    platform::StateDirectory state_;
    platform::CycleAnchor cycles_; // from the kernel before this one
    NextKernel nextKernel_;
    std::unique_ptr<UpdateWorld> world_;
    std::unique_ptr<bus::Bus> bus_;
    std::unique_ptr<bus::InhibitorLocks> locks_;
    std::map<core::InhibitorId, core::UniqueFd> keptLocks_; // from the fd store, until there is somebody to watch them
    std::unique_ptr<SessionEvents> events_;
    std::unique_ptr<UpdateNews> news_;
    std::unique_ptr<core::Custodian> custodian_;
    std::unique_ptr<core::Conductor> conductor_;
    std::vector<platform::EventSource> sources_;
    std::optional<platform::Uevents> uevents_;
    platform::EventSource rebuildTimer_, unclaimedTimer_, busTimer_;
};

} // namespace luod::app
