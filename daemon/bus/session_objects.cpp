// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/session_objects.hpp"

#include "bus/compat.hpp"
#include "proto/names.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace luod::bus {
namespace {

std::optional<core::SessionId> sessionIn(std::string_view path) {
    std::string_view prefix = proto::sessionPathPrefix;
    if (!path.starts_with(prefix))
        return {};
    path.remove_prefix(prefix.size());
    core::SessionId id = 0;
    auto [end, error] = std::from_chars(path.begin(), path.end(), id);
    if (error != std::errc() || end != path.end())
        return {};
    return id;
}

} // namespace

SessionObjects::SessionObjects(sdbus::IConnection& bus, Access& access, core::Custodian& custodian,
                               std::function<void(std::function<void()>)> later)
    : bus_(bus), access_(access), custodian_(custodian), later_(std::move(later)) {
    match_ = compat::match(bus, std::string("type='method_call',path_namespace='") + proto::managerPath + "'",
                           [this](const sdbus::Message& message) { beforeDispatch(message); });
}

void SessionObjects::beforeDispatch(const sdbus::Message& message) {
    try {
        caller_ = &nobody_;
        caller_ = &access_.identify(message.getSender());
        std::string path(message.getPath());
        if (auto id = sessionIn(path)) {
            const core::Session* session = custodian_.registry().find(*id);
            if (session && access_.maySee(*caller_, *session))
                get(*id);
            else if (auto at = byId_.find(*id); at != byId_.end()) {
                objects_.erase(at->second);
                byId_.erase(at);
            }
            return;
        }
        std::string member(message.getMemberName());
        if (member == "GetManagedObjects" || member == "Introspect")
            showOnlyOwn();
    } catch (const std::exception&) {
        // Nobody may see anything then; an exception must not reach sd-bus.
        caller_ = &nobody_;
        objects_.clear();
        byId_.clear();
    }
}

core::Result<core::Quotas::Ticket> SessionObjects::admit() {
    if (!caller_->known)
        return core::fail(core::Errc::AccessDenied, "the bus did not say who is calling");
    return custodian_.quotas().admit(caller_->uid);
}

core::Result<> SessionObjects::mayBorrow() const {
    if (lendsToAll_ || caller_->uid == 0)
        return {};
    return core::fail(core::Errc::AccessDenied, "sessions are lent to root only here (Lend= in luod.conf): have luod preserve and "
                                                "retrieve files (LUOD_BY_LUOD, luoctl --by-luod)");
}

SessionObject& SessionObjects::get(core::SessionId id) {
    if (auto at = byId_.find(id); at != byId_.end()) {
        objects_.splice(objects_.begin(), objects_, at->second);
        return *at->second->second;
    }
    objects_.emplace_front(id, std::make_unique<SessionObject>(bus_, custodian_, *this, id));
    byId_.emplace(id, objects_.begin());
    trim();
    return *objects_.front().second;
}

void SessionObjects::showOnlyOwn() {
    for (auto at = objects_.begin(); at != objects_.end();) {
        auto each = at++;
        const core::Session* session = custodian_.registry().find(each->first);
        if (session && access_.maySee(*caller_, *session))
            continue;
        byId_.erase(each->first);
        objects_.erase(each);
    }
    for (const auto& [id, session] : custodian_.registry().sessions())
        if (access_.maySee(*caller_, session))
            get(id);
}

// An object must not be destroyed inside its own handler: later.
void SessionObjects::trim() {
    if (trimming_ || objects_.size() <= kept)
        return;
    trimming_ = true;
    later_([this] {
        trimming_ = false;
        while (objects_.size() > kept) {
            byId_.erase(objects_.back().first);
            objects_.pop_back();
        }
    });
}

void SessionObjects::drop(core::SessionId id) {
    later_([this, id] {
        if (auto at = byId_.find(id); at != byId_.end()) {
            objects_.erase(at->second);
            byId_.erase(at);
        }
    });
}

} // namespace luod::bus
