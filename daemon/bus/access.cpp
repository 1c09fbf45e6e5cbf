// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/access.hpp"

#include "bus/compat.hpp"
#include "bus/convert.hpp"
#include "platform/peer.hpp"

#include <algorithm>
#include <chrono>
#include <grp.h>
#include <pwd.h>

namespace luod::bus {

using namespace std::chrono_literals;

namespace {

// Bytes that end in a NUL.
std::string readLabel(const Dict& credentials) {
    auto label = credentials.find("LinuxSecurityLabel");
    if (label == credentials.end())
        return {};
    auto bytes = label->second.get<std::vector<uint8_t>>();
    return {bytes.begin(), std::ranges::find(bytes, 0)};
}

core::UniqueFd readPidfd(const Dict& credentials) {
    auto pidfd = credentials.find("ProcessFD"); // dbus-daemon 1.16, dbus-broker 37
    if (pidfd == credentials.end())
        return {};
    auto fd = pidfd->second.get<sdbus::UnixFd>();
    return take(fd);
}

} // namespace

bool Access::maySee(const Caller& caller, const core::Session& session) const {
    return caller.known && core::mayUse({caller.uid, caller.service, comparesLabels_ ? caller.label : ""}, session);
}

Access::Access(sdbus::IConnection& bus, std::function<void(const std::string&)> gone)
    : busDaemon_(sdbus::createProxy(bus, compat::ServiceName{"org.freedesktop.DBus"},
                                    sdbus::ObjectPath{"/org/freedesktop/DBus"})),
      gone_(std::move(gone)) {
    compat::finishRegistration(*busDaemon_);
    // Only vanishing names: arg2, the new owner, is empty.
    match_ = compat::match(bus,
                           "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                           "member='NameOwnerChanged',arg2=''",
                           [this](const sdbus::Message& message) {
                               std::string name;
                               const_cast<sdbus::Message&>(message) >> name;
                               if (callers_.erase(name) > 0)
                                   gone_(name);
                           });
}

const Caller* Access::known(const std::string& uniqueName) const {
    auto at = callers_.find(uniqueName);
    return at == callers_.end() ? nullptr : &at->second;
}

const Caller& Access::identify(const std::string& uniqueName) {
    if (const Caller* caller = known(uniqueName))
        return *caller;
    Caller caller = ask(uniqueName);
    if (!caller.known)
        return nobody_;
    return callers_.emplace(uniqueName, std::move(caller)).first->second;
}

Caller Access::ask(const std::string& uniqueName) {
    Caller caller{.name = uniqueName};
    try {
        Dict answer;
        busDaemon_->callMethod("GetConnectionCredentials")
            .onInterface("org.freedesktop.DBus")
            .withTimeout(500ms)
            .withArguments(uniqueName)
            .storeResultsTo(answer);
        if (auto uid = answer.find("UnixUserID"); uid != answer.end()) {
            caller.uid = uid->second.get<uint32_t>();
            caller.known = true;
        }
        if (auto pid = answer.find("ProcessID"); pid != answer.end())
            caller.pid = pid_t(pid->second.get<uint32_t>());
        caller.service = platform::serviceOf(caller.pid, readPidfd(answer).get());
        caller.label = readLabel(answer);
        if (auto groups = answer.find("UnixGroupIDs"); groups != answer.end())
            for (uint32_t gid : groups->second.get<std::vector<uint32_t>>())
                caller.groups.push_back(gid);
    } catch (const sdbus::Error&) {
        caller.known = false; // gone already, or the bus is stuck
    }
    return caller;
}

void Access::allowGroup(const std::string& name) {
    group_ = gid_t(-1);
    members_.clear();
    const group* entry = name.empty() ? nullptr : ::getgrnam(name.c_str());
    if (!entry)
        return;
    group_ = entry->gr_gid;
    std::vector<std::string> names;
    for (char** member = entry->gr_mem; *member; ++member)
        names.emplace_back(*member);
    for (const std::string& each : names)
        if (const passwd* user = ::getpwnam(each.c_str()))
            members_.insert(user->pw_uid);
}

bool Access::mayCreate(const Caller& caller) const {
    if (!caller.known)
        return false;
    return caller.uid == 0 || members_.contains(caller.uid) ||
           (group_ != gid_t(-1) && std::ranges::find(caller.groups, group_) != caller.groups.end());
}

} // namespace luod::bus
