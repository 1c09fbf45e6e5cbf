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
    Answer<sdbus::ObjectPath> answer(std::move(result), objects_);
    if (!answer)
        return;
    const Caller& caller = objects_.caller();
    auto options = Options::read(dict, {{"owner", "u"}, {"bind-to-unit", "b"}, {"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    auto which = readWhich(*options, caller);
    if (!which)
        return answer.failed(which.error());
    auto request = readNewSession(*options, caller, which->owner);
    if (!request)
        return answer.failed(request.error());
    request->name = std::move(name);
    authorise(Right::CreateSession, options->isSet("interactive"), [this, answer, request = std::move(*request)](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        create(answer, request);
    });
}

// Unit and label are the creator's, so where it makes a session for somebody else there are none.
Result<Custodian::Request> ManagerObject::readNewSession(const Options& options, const Caller& caller, uid_t owner) const {
    Custodian::Request request{.owner = owner};
    request.boundToUnit = options.isSet("bind-to-unit");
    if (request.boundToUnit && (owner != caller.uid || caller.service.empty()))
        return fail(Errc::InvalidArgument, "the option 'bind-to-unit' is for system services that make a session of their own: "
                                           "logins and users' own service managers have no unit that nobody else could take");
    if (owner != caller.uid)
        return request;
    request.unit = request.boundToUnit ? caller.service : facts_.unitOf(caller.pid);
    request.label = caller.label;
    return request;
}

// Who may do what: root everything; members of AllowGroup= what concerns their own files; polkit about everybody else.
void ManagerObject::authorise(Right right, bool interactive, std::function<void(Result<>)> then) {
    const Caller& caller = objects_.caller(); // known: else the gate would not have let the call in
    bool own = right != Right::LiveUpdate;
    if (caller.uid == 0 || (own && access_.mayCreate(caller)))
        return then({});
    if (!facts_.usePolkit)
        return then(fail(Errc::AccessDenied, own ? "only root and members of luod's group may do that here (AllowGroup= in "
                                                   "luod.conf)"
                                                 : "only root may do that here"));
    polkit_.check(caller.name, right, interactive, std::move(then));
}

const Caller& ManagerObject::knownCaller() const {
    if (!objects_.caller().known)
        raise({Errc::AccessDenied, "the bus did not say who is calling"});
    return objects_.caller();
}

void ManagerObject::create(const Answer<sdbus::ObjectPath>& answer, Custodian::Request request) {
    custodian_.create(std::move(request), [answer](core::Result<SessionId> id) {
        if (!id)
            return answer.failed(id.error());
        answer.ok(sdbus::ObjectPath{sessionPath(*id)});
    });
}

sdbus::ObjectPath ManagerObject::FindSession(const std::string& name, const Dictionary& options) {
    const Caller& caller = knownCaller();
    auto read = valueOrRaise(readWhich(valueOrRaise(whichOptions(options)), caller));
    for (auto direction : {Direction::Incoming, Direction::Outgoing}) {
        if (read.direction && *read.direction != direction)
            continue;
        if (const Session* session = custodian_.registry().find(read.owner, direction, name);
            session && access_.maySee(caller, *session))
            return sdbus::ObjectPath{sessionPath(session->id)};
    }
    raise({Errc::NoSuchSession, fmt::format("uid {} has no {}session of that name", read.owner,
                                            read.direction ? fmt::format("{} ", word(*read.direction)) : "")});
}

std::vector<ManagerObject::Row> ManagerObject::ListSessions(const Dictionary& options) {
    const Caller& caller = knownCaller();
    auto read = valueOrRaise(readWhich(valueOrRaise(whichOptions(options)), caller));
    std::vector<Row> rows;
    for (const auto& [id, session] : custodian_.registry().sessions()) {
        if (!access_.maySee(caller, session) || (read.ownerNamed && read.owner != session.owner) ||
            (read.direction && *read.direction != session.direction))
            continue;
        rows.emplace_back(sdbus::ObjectPath{sessionPath(id)}, session.name, uint32_t(session.owner), session.unit,
                          std::string(word(session.direction)), std::string(stateWord(session)),
                          uint32_t(session.files.size()), session.bytes);
    }
    return rows;
}

namespace {

using QuotaList = std::vector<sdbus::Struct<uint32_t, std::string, uint64_t, uint64_t>>;
using TotalList = std::vector<sdbus::Struct<std::string, uint64_t, uint64_t>>;

void append(QuotaList& list, const Quotas& quotas, uid_t user) {
    const Usage used = quotas.used(user);
    for (const core::QuotaRow& row : quotaRows())
        list.emplace_back(uint32_t(user), std::string(row.word), used.*row.used, quotas.limit(row, user));
}

} // namespace

std::tuple<QuotaList, TotalList> ManagerObject::GetQuotas(const Dictionary& options) {
    const Caller& caller = knownCaller();
    auto given = valueOrRaise(Options::read(options, {{"owner", "u"}}));
    auto owner = given.get<uint32_t>("owner");
    if (owner && *owner != caller.uid && caller.uid != 0)
        raise({Errc::AccessDenied, "only root may name another owner"});
    const Quotas& quotas = custodian_.quotas();
    std::set<uid_t> users{owner.value_or(caller.uid)};
    if (caller.uid == 0 && !owner)
        users.merge(quotas.users());
    std::tuple<QuotaList, TotalList> answer;
    for (uid_t user : users)
        append(std::get<0>(answer), quotas, user);
    if (caller.uid == 0 && !owner)
        for (const core::QuotaRow& row : quotaRows())
            std::get<1>(answer).emplace_back(std::string(row.word), quotas.used().*row.used, quotas.limit(row));
    return answer;
}

void ManagerObject::Subscribe() { signals_.subscribe(knownCaller().name); }

void ManagerObject::Unsubscribe() { signals_.unsubscribe(knownCaller().name); }

void ManagerObject::setAvailability(bool available, const std::string& reason) {
    if (available == facts_.available && reason == facts_.unavailableReason)
        return;
    facts_.available = available;
    facts_.unavailableReason = reason;
    getObject().emitPropertiesChangedSignal(org::luod1::Manager_adaptor::INTERFACE_NAME);
}

} // namespace luod::bus
