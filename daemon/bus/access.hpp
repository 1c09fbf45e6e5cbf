// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Who is calling, and what that caller may do. Everything luod decides about rights is decided here.

#include "core/identity.hpp"

#include <functional>
#include <map>
#include <sdbus-c++/sdbus-c++.h>
#include <set>
#include <string>
#include <vector>

namespace luod::bus {

struct Caller {
    std::string name; // the unique name on the bus
    uid_t uid = uid_t(-1);
    pid_t pid = 0;
    std::vector<gid_t> groups; // as the bus knows them; empty where it does not
    std::string service;       // the system service it runs in, or ""
    std::string label;         // its security label, or ""
    bool known = false;        // false: the caller is gone, or the bus did not say: nothing is allowed
};

class Access {
public:
    // `gone` is called when a connection that was identified once has closed.
    Access(sdbus::IConnection& bus, std::function<void(const std::string&)> gone);

    // Asks the bus daemon once for each connection, and waits for its answer, half a second at most: it is the bus that
    // answers, never the caller. The answer is kept until the connection closes.
    const Caller& identify(const std::string& uniqueName);
    const Caller* known(const std::string& uniqueName) const;

    // Only the owner and root (core/identity.hpp); for everybody else a session does not exist.
    bool maySee(const Caller& caller, const core::Session& session) const;
    void compareLabels(bool compare) { comparesLabels_ = compare; }

    // Who may create sessions without being asked: root, members of this group. Members are looked up when it is set,
    // so that no request waits for a name service.
    void allowGroup(const std::string& group);
    bool mayCreate(const Caller& caller) const;

private:
    Caller ask(const std::string& uniqueName);

    std::unique_ptr<sdbus::IProxy> busDaemon_;
    sdbus::Slot match_;
    std::function<void(const std::string&)> gone_;
    std::map<std::string, Caller> callers_;
    Caller nobody_;
    gid_t group_ = gid_t(-1);
    std::set<uid_t> members_;
    bool comparesLabels_ = true;
};

} // namespace luod::bus
