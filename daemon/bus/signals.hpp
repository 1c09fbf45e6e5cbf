// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Signals go to those they concern and to nobody else: connections that called Subscribe of those who may see the session. A broadcast would tell every user of the machine which sessions exist.

#include "bus/access.hpp"
#include "bus/compat.hpp"

#include <set>

namespace luod::bus {

class Signals {
public:
    explicit Signals(Access& access) : access_(access) {}

    void subscribe(const std::string& connection) { subscribers_.insert(connection); }
    void unsubscribe(const std::string& connection) { subscribers_.erase(connection); }

    // Whether anybody would get a signal about this session; where not, there is no need to make one.
    bool concerns(const core::Session& session) const {
        for (const std::string& each : subscribers_)
            if (isAudience(each, session))
                return true;
        return false;
    }

    // From `object`, to everybody whom it concerns.
    template <typename... Args>
    void emit(sdbus::IObject& object, const core::Session& session, const char* interface, const char* member,
              const Args&... args) const {
        for (const std::string& each : subscribers_) {
            if (!isAudience(each, session))
                continue;
            auto signal = object.createSignal(compat::InterfaceName{interface}, compat::SignalName{member});
            signal.setDestination(each);
            (signal << ... << args);
            object.emitSignal(signal);
        }
    }

private:
    bool isAudience(const std::string& connection, const core::Session& session) const {
        const Caller* caller = access_.known(connection);
        return caller && access_.maySee(*caller, session);
    }

    Access& access_;
    std::set<std::string> subscribers_;
};

} // namespace luod::bus
