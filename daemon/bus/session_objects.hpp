// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Which session objects exist on the bus, at every moment: those that the caller of the message at hand may see.
//
// sd-bus offers no way to look at a message before it is dispatched, but it serves match rules first; a rule that matches
// every method call under /org/luod1 is our place to stand. There the caller is identified, the object addressed is made
// if it is the caller's, and unmade if it is not; sd-bus itself then answers UnknownObject, as for any path that never
// was. So no method and no property getter has to think of rights, introspection shows a caller its own sessions only,
// and memory is spent on objects in use, not on sessions held.

#include "bus/access.hpp"
#include "bus/session_object.hpp"

#include <list>
#include <map>

namespace luod::bus {

class SessionObjects final : public Gate {
public:
    // `later`: run on the loop, after the message at hand.
    SessionObjects(sdbus::IConnection& bus, Access& access, core::Custodian& custodian,
                   std::function<void(std::function<void()>)> later);

    // Who sent the message that is being dispatched.
    const Caller& caller() const { return *caller_; }

    // A call that is not answered at once counts against its caller's quota until it is.
    core::Result<core::Quotas::Ticket> admit() override;
    core::Result<> mayBorrow() const override;
    void lend(bool toAll) { lendsToAll_ = toAll; }

    // The object, made if need be: for signals from its path.
    SessionObject& get(core::SessionId id);
    void drop(core::SessionId id); // the session is gone; the object goes after the message at hand

private:
    void beforeDispatch(const sdbus::Message& message);
    void showOnlyOwn();
    void trim();

    static constexpr std::size_t kept = 64; // objects that stay made for the next call

    sdbus::IConnection& bus_;
    Access& access_;
    core::Custodian& custodian_;
    std::function<void(std::function<void()>)> later_;
    Caller nobody_;
    const Caller* caller_ = &nobody_;
    using Objects = std::list<std::pair<core::SessionId, std::unique_ptr<SessionObject>>>;
    Objects objects_; // most recently used first
    std::map<core::SessionId, Objects::iterator> byId_;
    bool trimming_ = false;
    bool lendsToAll_ = true;
    sdbus::Slot match_;
};

} // namespace luod::bus
