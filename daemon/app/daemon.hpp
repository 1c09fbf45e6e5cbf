// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Puts luod together: makes the parts, hands them to each other, and starts them in the order that loses nothing.

#include "app/config.hpp"
#include "app/patient_luo.hpp"
#include "bus/bus.hpp"
#include "core/custodian.hpp"
#include "core/recovery.hpp"
#include "kernel/luo_device.hpp"
#include "platform/custody_guard.hpp"
#include "platform/event_loop.hpp"
#include "platform/fd_store.hpp"
#include "platform/file_inspector.hpp"
#include "platform/memfd_ledger.hpp"
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
    std::optional<core::Recovered> recover();
    void serve(core::Recovered recovered);
    void announce();
    void applyConfig();
    void reload();
    void stop(int status);
    void lookAfterRebuilding();
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
    std::unique_ptr<bus::Bus> bus_;
    std::unique_ptr<core::Custodian> custodian_;
    std::vector<platform::EventSource> sources_;
    platform::EventSource rebuildTimer_;
};

} // namespace luod::app
