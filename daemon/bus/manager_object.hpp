// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus/inhibitor_locks.hpp"
#include "bus/options.hpp"
#include "bus/polkit.hpp"
#include "bus/session_objects.hpp"
#include "bus/signals.hpp"
#include "bus/update_desk.hpp"
#include "core/conductor.hpp"

#include <org.luod1.Manager.adaptor.hpp>

namespace luod::bus {

// What the manager tells of the machine; kept up to date by app/.
struct Facts {
    std::string version, kernelRelease;
    bool available = false;
    std::string unavailableReason;
    std::uint64_t liveUpdates = 0;
    core::Handover handover = core::Handover::None;
    std::string handoverReason;
    bool usePolkit = true;
    std::uint64_t started = 0;                // wall clock, microseconds
    std::function<std::string(pid_t)> unitOf; // the systemd unit of a process, or ""
};

// What stands behind the manager.
struct House {
    core::Custodian& custodian;
    core::Conductor& conductor;
    UpdateDesk& desk;
    InhibitorLocks& locks;
};

class ManagerObject final : public sdbus::AdaptorInterfaces<org::luod1::Manager_adaptor, sdbus::ObjectManager_adaptor> {
public:
    ManagerObject(sdbus::IConnection& bus, House house, Access& access, SessionObjects& objects, Signals& signals, Facts facts);
    ~ManagerObject();

    sdbus::IObject& object() { return getObject(); }
    void setAvailability(bool available, const std::string& reason);
    void setUsePolkit(bool use) { facts_.usePolkit = use; }

    // The update's signals, all of them broadcast: they name no session.
    void phaseChanged();
    void prepare(const core::Update& update);
    void over(const core::Update& update);
    void moment(const core::Moment& moment, std::size_t awaited);
    void imageChanged();

private:
    using Dictionary = std::map<std::string, sdbus::Variant>;
    using Row = sdbus::Struct<sdbus::ObjectPath, std::string, uint32_t, std::string, std::string, std::string, uint32_t,
                              uint64_t>;
    using InhibitorRow = sdbus::Struct<std::string, std::string, std::string, uint32_t, uint32_t, std::string, uint64_t, uint64_t,
                                       std::string>;
    using FindingRow = sdbus::Struct<std::string, std::string, std::string, std::string>;
    using MomentRow = sdbus::Struct<std::string, std::string, uint64_t, uint64_t, std::string>;
    using QuotaRow = sdbus::Struct<uint32_t, std::string, uint64_t, uint64_t>;
    using TotalRow = sdbus::Struct<std::string, uint64_t, uint64_t>;
    using AwaitedRow = sdbus::Struct<std::string, uint32_t, uint64_t, uint64_t>;

    void CreateSession(sdbus::Result<sdbus::ObjectPath>&& result, std::string name, Dictionary options) override;
    sdbus::ObjectPath FindSession(const std::string& name, const Dictionary& options) override;
    std::vector<Row> ListSessions(const Dictionary& options) override;
    std::tuple<std::vector<QuotaRow>, std::vector<TotalRow>> GetQuotas(const Dictionary& options) override;
    void Subscribe() override;
    void Unsubscribe() override;

    // manager_update.cpp
    void Inhibit(sdbus::Result<sdbus::UnixFd>&& result, std::string who, std::string why, std::string mode,
                 Dictionary options) override;
    std::vector<InhibitorRow> ListInhibitors() override;
    void LoadKernel(sdbus::Result<std::string>&& result, sdbus::UnixFd kernel, sdbus::UnixFd initrd, std::string cmdline,
                    Dictionary options) override;
    void UnloadKernel(sdbus::Result<>&& result, Dictionary options) override;
    void Check(sdbus::Result<std::vector<FindingRow>>&& result, Dictionary options) override;
    void LiveUpdate(sdbus::Result<std::string>&& result, Dictionary options) override;
    void AbortLiveUpdate(sdbus::Result<>&& result, std::string reason, Dictionary options) override;
    std::vector<sdbus::Struct<std::string, uint64_t, std::string>> ListReports() override;
    std::tuple<Dictionary, std::vector<MomentRow>> GetReport(const std::string& update) override;

    // manager_metrics.cpp
    using MetricRow = sdbus::Struct<std::string, std::map<std::string, std::string>, uint64_t>;
    std::vector<MetricRow> Metrics() override;
    void addHeld(std::vector<MetricRow>& rows, const Caller& caller) const;
    void addUpdates(std::vector<MetricRow>& rows) const;
    void addLuod(std::vector<MetricRow>& rows) const;

    std::string Phase() override;
    std::string Update() override;
    std::string UpdateMode() override;
    std::vector<AwaitedRow> Awaited() override;
    sdbus::Struct<std::string, std::string, std::string> LoadedKernel() override;

    std::string Version() override { return facts_.version; }
    std::string KernelRelease() override { return facts_.kernelRelease; }
    bool Available() override { return facts_.available; }
    std::string UnavailableReason() override { return facts_.unavailableReason; }
    uint64_t LiveUpdates() override { return facts_.liveUpdates; }
    std::string LastHandover() override { return std::string(core::word(facts_.handover)); }
    std::string LastHandoverReason() override { return facts_.handoverReason; }
    uint32_t Sessions() override { return custodian_.registry().total().sessions; }
    uint64_t Files() override { return custodian_.registry().total().files; }

    void authorise(Right right, bool interactive, std::function<void(core::Result<>)> then);
    core::Result<core::Custodian::Request> readNewSession(const Options& options, const Caller& caller, uid_t owner) const;
    const Caller& knownCaller() const; // raises AccessDenied where the bus does not know
    void create(const Answer<sdbus::ObjectPath>& answer, core::Custodian::Request request);

    core::Custodian& custodian_;
    core::Conductor& conductor_;
    UpdateDesk& desk_;
    InhibitorLocks& locks_;
    Access& access_;
    SessionObjects& objects_;
    Signals& signals_;
    Facts facts_;
    Polkit polkit_;
};

} // namespace luod::bus
