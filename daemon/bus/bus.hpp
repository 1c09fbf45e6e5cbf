// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus/access.hpp"
#include "bus/manager_object.hpp"
#include "bus/session_objects.hpp"
#include "bus/signals.hpp"
#include "core/custodian.hpp"
#include "platform/event_loop.hpp"

#include <functional>
#include <memory>

namespace luod::bus {

// One connection to the system bus, served by the loop. Also where core's events become signals.
class Bus final : public core::Events, public core::UpdateEvents {
public:
    // Throws sdbus::Error where the bus cannot be reached. `lost` is called, once, when the connection breaks: every
    // session is in custody elsewhere, so the simplest cure is a new process.
    Bus(platform::EventLoop& loop, std::function<void(const std::string&)> lost);
    ~Bus() override;

    // Puts the objects on the bus. The name follows, by own(), when everything behind them works.
    void serve(House house, Facts facts);
    void own();

    Access& access() { return *access_; }
    void lend(bool toAll) { objects_->lend(toAll); }
    ManagerObject& manager() { return *manager_; }

    void sessionAdded(const core::Session& session) override;
    void sessionGone(const core::Session& session) override;
    void sessionChanged(const core::Session& session) override;
    void filesPreserved(const core::Session& session, const std::vector<core::Token>& tokens) override;
    void fileTakenOut(const core::Session& session, core::Token token) override;
    void filesRetrieved(const core::Session& session, const std::vector<core::Token>& tokens) override;
    void filesInvalidated(const core::Session& session, const std::vector<core::Token>& tokens) override;

    void phaseChanged() override;
    void prepare(const core::Update& update) override;
    void over(const core::Update& update) override;
    void moment(const core::Moment& moment, std::size_t awaited) override;

private:
    void arm();
    void process();
    void lose(const std::string& why);
    template <typename Say> void unlessLost(Say say);
    void propertiesChanged(const core::Session& session, bool state);

    platform::EventLoop& loop_;
    std::function<void(const std::string&)> lost_;
    bool broken_ = false;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<Access> access_;
    std::unique_ptr<Signals> signals_;
    std::unique_ptr<SessionObjects> objects_;
    std::unique_ptr<ManagerObject> manager_;
    platform::EventSource io_, extra_, timer_;
};

} // namespace luod::bus
