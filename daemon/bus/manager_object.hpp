// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus/polkit.hpp"
#include "bus/session_objects.hpp"
#include "bus/signals.hpp"
#include "core/custodian.hpp"

#include <org.luod1.Manager.adaptor.hpp>

namespace luod::bus {

// What the manager tells of the machine; kept up to date by app/.
struct Facts {
    std::string version, kernelRelease;
    bool available = false;
    std::string unavailableReason;
    std::uint64_t liveUpdates = 0;
    core::Handover handover = core::Handover::None;
    bool usePolkit = true;
    std::function<std::string(pid_t)> unitOf; // the systemd unit of a process, or ""
};

class ManagerObject final : public sdbus::AdaptorInterfaces<org::luod1::Manager_adaptor, sdbus::ObjectManager_adaptor> {
public:
    ManagerObject(sdbus::IConnection& bus, core::Custodian& custodian, Access& access, SessionObjects& objects,
                  Signals& signals, Facts facts);
    ~ManagerObject();

    sdbus::IObject& object() { return getObject(); }
    void setAvailability(bool available, const std::string& reason);
    void setUsePolkit(bool use) { facts_.usePolkit = use; }

private:
    using Dictionary = std::map<std::string, sdbus::Variant>;
    using Row = sdbus::Struct<sdbus::ObjectPath, std::string, uint32_t, std::string, std::string, std::string, uint32_t,
                              uint64_t>;

    void CreateSession(sdbus::Result<sdbus::ObjectPath>&& result, std::string name, Dictionary options) override;
    sdbus::ObjectPath FindSession(const std::string& name, const Dictionary& options) override;
    std::vector<Row> ListSessions(const Dictionary& options) override;
    void Subscribe() override;
    void Unsubscribe() override;

    std::string Version() override { return facts_.version; }
    std::string KernelRelease() override { return facts_.kernelRelease; }
    bool Available() override { return facts_.available; }
    std::string UnavailableReason() override { return facts_.unavailableReason; }
    uint64_t LiveUpdates() override { return facts_.liveUpdates; }
    std::string LastHandover() override { return std::string(core::word(facts_.handover)); }
    uint32_t Sessions() override { return custodian_.registry().total().sessions; }
    uint64_t Files() override { return custodian_.registry().total().files; }

    void create(const Answer<sdbus::ObjectPath>& answer, core::Custodian::Request request);

    core::Custodian& custodian_;
    Access& access_;
    SessionObjects& objects_;
    Signals& signals_;
    Facts facts_;
    Polkit polkit_;
};

} // namespace luod::bus
