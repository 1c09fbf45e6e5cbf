// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/manager_object.hpp"

#include "bus/convert.hpp"
#include "proto/names.hpp"

#include <fmt/format.h>

namespace luod::bus {
namespace {

using namespace core;

// The options a{sv} of the manager's methods. An option that is not known is refused: it meant something to the caller.
struct Options {
    std::optional<uid_t> owner;
    std::optional<Direction> direction;
    bool interactive = false;
};

Result<> readOption(const std::string& key, const sdbus::Variant& value, Options& options) {
    std::string type = value.peekValueType();
    if (key == "owner" && type == "u") {
        options.owner = value.get<uint32_t>();
        return {};
    }
    if (key == "interactive" && type == "b") {
        options.interactive = value.get<bool>();
        return {};
    }
    if (key == "direction" && type == "s") {
        auto word = value.get<std::string>();
        if (word == "incoming" || word == "outgoing") {
            options.direction = word == "incoming" ? Direction::Incoming : Direction::Outgoing;
            return {};
        }
        return fail(Errc::InvalidArgument, "the option 'direction' is \"incoming\" or \"outgoing\"");
    }
    return fail(Errc::InvalidArgument,
                fmt::format("there is no option '{}' of type '{}' here; see org.luod1(5)", key, type));
}

Result<Options> readOptions(const Dict& dict, const Caller& caller, std::initializer_list<std::string_view> allowed) {
    Options options;
    for (const auto& [key, value] : dict) {
        if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
            return fail(Errc::InvalidArgument, fmt::format("there is no option '{}' here; see org.luod1(5)", key));
        if (auto read = readOption(key, value, options); !read)
            return std::unexpected(read.error());
    }
    if (options.owner && *options.owner != caller.uid && caller.uid != 0)
        return fail(Errc::AccessDenied, "only root may name another owner");
    return options;
}

} // namespace

ManagerObject::ManagerObject(sdbus::IConnection& bus, Custodian& custodian, Access& access, SessionObjects& objects,
                             Signals& signals, Facts facts)
    : AdaptorInterfaces(bus, sdbus::ObjectPath{proto::managerPath}), custodian_(custodian), access_(access),
      objects_(objects), signals_(signals), facts_(std::move(facts)), polkit_(bus) {
    registerAdaptor();
}

ManagerObject::~ManagerObject() { unregisterAdaptor(); }

void ManagerObject::CreateSession(sdbus::Result<sdbus::ObjectPath>&& result, std::string name, Dictionary options) {
    Answer<sdbus::ObjectPath> answer(std::move(result));
    const Caller& caller = objects_.caller();
    if (!caller.known)
        return answer.failed({Errc::AccessDenied, "the bus did not say who is calling"});
    auto read = readOptions(options, caller, {"owner", "interactive"});
    if (!read)
        return answer.failed(read.error());
    uid_t owner = read->owner.value_or(caller.uid);
    Custodian::Request request{owner, std::move(name), owner == caller.uid ? facts_.unitOf(caller.pid) : ""};
    if (access_.mayCreate(caller))
        return create(answer, std::move(request));
    if (!facts_.usePolkit)
        return answer.failed({Errc::AccessDenied, "only root and members of luod's group may create sessions here "
                                                  "(AllowGroup= in luod.conf)"});
    polkit_.check(caller.name, "org.luod1.create-session", read->interactive,
                  [this, answer, request = std::move(request)](core::Result<> allowed) {
                      if (!allowed)
                          return answer.failed(allowed.error());
                      create(answer, request);
                  });
}

void ManagerObject::create(const Answer<sdbus::ObjectPath>& answer, Custodian::Request request) {
    custodian_.create(std::move(request), [answer](core::Result<SessionId> id) {
        if (!id)
            return answer.failed(id.error());
        answer.ok(sdbus::ObjectPath{sessionPath(*id)});
    });
}

sdbus::ObjectPath ManagerObject::FindSession(const std::string& name, const Dictionary& options) {
    const Caller& caller = objects_.caller();
    auto read = valueOrRaise(readOptions(options, caller, {"owner", "direction"}));
    if (!caller.known)
        raise({Errc::AccessDenied, "the bus did not say who is calling"});
    uid_t owner = read.owner.value_or(caller.uid);
    for (auto direction : {Direction::Incoming, Direction::Outgoing}) {
        if (read.direction && *read.direction != direction)
            continue;
        if (const Session* session = custodian_.registry().find(owner, direction, name))
            return sdbus::ObjectPath{sessionPath(session->id)};
    }
    raise({Errc::NoSuchSession, fmt::format("uid {} has no {}session of that name", owner,
                                            read.direction ? fmt::format("{} ", word(*read.direction)) : "")});
}

std::vector<ManagerObject::Row> ManagerObject::ListSessions(const Dictionary& options) {
    const Caller& caller = objects_.caller();
    auto read = valueOrRaise(readOptions(options, caller, {"owner", "direction"}));
    std::vector<Row> rows;
    for (const auto& [id, session] : custodian_.registry().sessions()) {
        if (!maySee(caller, session) || (read.owner && *read.owner != session.owner) ||
            (read.direction && *read.direction != session.direction))
            continue;
        rows.emplace_back(sdbus::ObjectPath{sessionPath(id)}, session.name, uint32_t(session.owner), session.unit,
                          std::string(word(session.direction)), std::string(word(session.state)),
                          uint32_t(session.files.size()), session.bytes);
    }
    return rows;
}

void ManagerObject::Subscribe() {
    if (!objects_.caller().known)
        raise({Errc::AccessDenied, "the bus did not say who is calling"});
    signals_.subscribe(objects_.caller().name);
}

void ManagerObject::Unsubscribe() { signals_.unsubscribe(objects_.caller().name); }

void ManagerObject::setAvailability(bool available, const std::string& reason) {
    if (available == facts_.available && reason == facts_.unavailableReason)
        return;
    facts_.available = available;
    facts_.unavailableReason = reason;
    getObject().emitPropertiesChangedSignal(org::luod1::Manager_adaptor::INTERFACE_NAME);
}

} // namespace luod::bus
