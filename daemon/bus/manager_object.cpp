// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/manager_object.hpp"

#include "bus/convert.hpp"
#include "bus/options.hpp"
#include "proto/names.hpp"

#include <fmt/format.h>

namespace luod::bus {
namespace {

using namespace core;


Result<Options> whichOptions(const Dict& dict) { return Options::read(dict, {{"owner", "u"}, {"direction", "s"}}); }

// Whose sessions are meant, and in which direction.
struct Which {
    uid_t owner;
    bool ownerNamed;
    std::optional<Direction> direction;
};

Result<Which> readWhich(const Options& options, const Caller& caller) {
    auto owner = options.get<uint32_t>("owner");
    if (owner && *owner != caller.uid && caller.uid != 0)
        return fail(Errc::AccessDenied, "only root may name another owner");
    Which which{owner.value_or(caller.uid), owner.has_value(), {}};
    if (auto word = options.get<std::string>("direction")) {
        if (*word != "incoming" && *word != "outgoing")
            return fail(Errc::InvalidArgument, "the option 'direction' is \"incoming\" or \"outgoing\"");
        which.direction = *word == "incoming" ? Direction::Incoming : Direction::Outgoing;
    }
    return which;
}

} // namespace

ManagerObject::ManagerObject(sdbus::IConnection& bus, House house, Access& access, SessionObjects& objects,
                             Signals& signals, Facts facts)
    : AdaptorInterfaces(bus, sdbus::ObjectPath{proto::managerPath}), custodian_(house.custodian), conductor_(house.conductor),
      desk_(house.desk), locks_(house.locks), access_(access), objects_(objects), signals_(signals), facts_(std::move(facts)),
      polkit_(bus) {
    registerAdaptor();
}

ManagerObject::~ManagerObject() { unregisterAdaptor(); }

void ManagerObject::CreateSession(sdbus::Result<sdbus::ObjectPath>&& result, std::string name, Dictionary dict) {
    Answer<sdbus::ObjectPath> answer(std::move(result));
    const Caller& caller = objects_.caller();
    auto options = Options::read(dict, {{"owner", "u"}, {"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    auto which = readWhich(*options, caller);
    if (!which)
        return answer.failed(which.error());
    Custodian::Request request{which->owner, std::move(name), which->owner == caller.uid ? facts_.unitOf(caller.pid) : ""};
    authorise(Right::CreateSession, options->isSet("interactive"), [this, answer, request = std::move(request)](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        create(answer, request);
    });
}

// Who may do what: root everything; members of AllowGroup= what concerns their own files; polkit about everybody else.
void ManagerObject::authorise(Right right, bool interactive, std::function<void(Result<>)> then) {
    const Caller& caller = objects_.caller();
    if (!caller.known)
        return then(fail(Errc::AccessDenied, "the bus did not say who is calling"));
    bool own = right != Right::LiveUpdate;
    if (caller.uid == 0 || (own && access_.mayCreate(caller)))
        return then({});
    if (!facts_.usePolkit)
        return then(fail(Errc::AccessDenied, own ? "only root and members of luod's group may do that here (AllowGroup= in "
                                                   "luod.conf)"
                                                 : "only root may do that here"));
    polkit_.check(caller.name, right, interactive, std::move(then));
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
    auto read = valueOrRaise(readWhich(valueOrRaise(whichOptions(options)), caller));
    if (!caller.known)
        raise({Errc::AccessDenied, "the bus did not say who is calling"});
    for (auto direction : {Direction::Incoming, Direction::Outgoing}) {
        if (read.direction && *read.direction != direction)
            continue;
        if (const Session* session = custodian_.registry().find(read.owner, direction, name))
            return sdbus::ObjectPath{sessionPath(session->id)};
    }
    raise({Errc::NoSuchSession, fmt::format("uid {} has no {}session of that name", read.owner,
                                            read.direction ? fmt::format("{} ", word(*read.direction)) : "")});
}

std::vector<ManagerObject::Row> ManagerObject::ListSessions(const Dictionary& options) {
    const Caller& caller = objects_.caller();
    auto read = valueOrRaise(readWhich(valueOrRaise(whichOptions(options)), caller));
    std::vector<Row> rows;
    for (const auto& [id, session] : custodian_.registry().sessions()) {
        if (!maySee(caller, session) || (read.ownerNamed && read.owner != session.owner) ||
            (read.direction && *read.direction != session.direction))
            continue;
        rows.emplace_back(sdbus::ObjectPath{sessionPath(id)}, session.name, uint32_t(session.owner), session.unit,
                          std::string(word(session.direction)), std::string(stateWord(session)),
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
