// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/session_object.hpp"

#include "bus/convert.hpp"
#include "proto/names.hpp"

#include <fcntl.h>
#include <fmt/format.h>

namespace luod::bus {
namespace {

using namespace core;

// Answers a method that returns nothing.
Done<> answering(Answer<> answer) {
    return [answer](Result<> result) {
        if (result)
            answer.ok();
        else
            answer.failed(result.error());
    };
}

Result<Offer> offer(sdbus::Struct<sdbus::UnixFd, uint64_t, std::string, Dict>& handed) {
    Offer offer{.fd = take(std::get<0>(handed)), .token = std::get<1>(handed), .name = std::get<2>(handed)};
    if (!offer.fd)
        return fail(Errc::LimitReached, "luod has no file descriptor left to receive the file; raise LimitNOFILE= of "
                                        "luod.service");
    auto metadata = fromBus(std::get<3>(handed));
    if (!metadata)
        return std::unexpected(metadata.error());
    offer.metadata = std::move(*metadata);
    return offer;
}

} // namespace

std::string sessionPath(SessionId id) { return fmt::format("{}{}", proto::sessionPathPrefix, id); }

SessionObject::SessionObject(sdbus::IConnection& bus, Custodian& custodian, Gate& gate, SessionId id)
    : AdaptorInterfaces(bus, sdbus::ObjectPath{sessionPath(id)}), custodian_(custodian), gate_(gate), id_(id) {
    registerAdaptor();
}

SessionObject::~SessionObject() { unregisterAdaptor(); }

const Session& SessionObject::session() const {
    const Session* session = custodian_.registry().find(id_);
    if (!session)
        raise({Errc::NoSuchSession, "there is no such session any more"});
    return *session;
}

void SessionObject::Preserve(sdbus::Result<>&& result, std::vector<Handed> files) {
    Answer<> answer(detached(std::move(result)), gate_);
    if (!answer)
        return;
    std::vector<Offer> offers;
    for (Handed& each : files) {
        auto made = offer(each);
        if (!made)
            return answer.failed(made.error());
        offers.push_back(std::move(*made));
    }
    custodian_.preserve(id_, std::move(offers), answering(answer));
}

void SessionObject::NotePreserved(sdbus::Result<>&& result, std::vector<Noted> files) {
    Answer<> answer(detached(std::move(result)), gate_);
    if (!answer)
        return;
    std::vector<Offer> offers;
    for (Noted& each : files) {
        auto metadata = fromBus(std::get<4>(each));
        if (!metadata)
            return answer.failed(metadata.error());
        offers.push_back({.fd = {}, .token = std::get<0>(each), .name = std::get<1>(each), .metadata = std::move(*metadata),
                          .kind = fileKind(std::get<2>(each)), .size = std::get<3>(each)});
    }
    custodian_.notePreserved(id_, std::move(offers), answering(answer));
}

void SessionObject::Retrieve(sdbus::Result<sdbus::UnixFd>&& result, uint64_t token) {
    Answer<sdbus::UnixFd> answer(detached(std::move(result)), gate_);
    if (!answer)
        return;
    custodian_.retrieve(id_, token, [answer](core::Result<Retrieved> file) {
        if (!file)
            return answer.failed(file.error());
        answer.ok(give(std::move(file->fd)));
    });
}

void SessionObject::RetrieveByName(sdbus::Result<uint64_t, sdbus::UnixFd>&& result, std::string name) {
    Answer<uint64_t, sdbus::UnixFd> answer(detached(std::move(result)), gate_);
    if (!answer)
        return;
    custodian_.retrieveByName(id_, name, [answer](core::Result<Retrieved> file) {
        if (!file)
            return answer.failed(file.error());
        answer.ok(uint64_t(file->token), give(std::move(file->fd)));
    });
}

void SessionObject::RetrieveAll(sdbus::Result<std::vector<Handed>, bool, uint64_t>&& result, uint64_t from) {
    Answer<std::vector<Handed>, bool, uint64_t> answer(detached(std::move(result)), gate_);
    if (!answer)
        return;
    custodian_.retrievePage(id_, from, proto::maxFdsPerMessage, [answer](core::Result<RetrievedPage> page) {
        if (!page)
            return answer.failed(page.error());
        std::vector<Handed> files;
        for (Retrieved& each : page->files)
            files.emplace_back(give(std::move(each.fd)), each.token, each.name, toBus(each.metadata));
        answer.ok(files, page->more, uint64_t(page->next));
    });
}

sdbus::UnixFd SessionObject::Open() {
    valueOrRaise(gate_.mayBorrow());
    auto fd = valueOrRaise(custodian_.open(id_));
    UniqueFd copy(::fcntl(fd->get(), F_DUPFD_CLOEXEC, 3));
    if (!copy)
        raise({Errc::LimitReached, "luod has no file descriptor left; raise LimitNOFILE= of luod.service"});
    return give(std::move(copy));
}

void SessionObject::NoteRetrieved(const std::vector<uint64_t>& tokens) {
    valueOrRaise(custodian_.noteRetrieved(id_, tokens));
}

void SessionObject::Annotate(const uint64_t& token, const std::string& name, const Dictionary& metadata) {
    valueOrRaise(custodian_.annotate(id_, token, name, valueOrRaise(fromBus(metadata))));
}

void SessionObject::TakeOut(sdbus::Result<>&& result, uint64_t token) {
    if (Answer<> answer(detached(std::move(result)), gate_); answer)
        custodian_.takeOut(id_, token, answering(answer));
}

void SessionObject::Finish(sdbus::Result<>&& result) {
    if (Answer<> answer(detached(std::move(result)), gate_); answer)
        custodian_.finish(id_, answering(answer));
}

void SessionObject::Discard(sdbus::Result<>&& result) {
    if (Answer<> answer(detached(std::move(result)), gate_); answer)
        custodian_.discard(id_, answering(answer));
}

std::tuple<std::vector<SessionObject::Row>, bool, uint64_t> SessionObject::ListFiles(const uint64_t& from,
                                                                                     const uint32_t& max) {
    constexpr uint32_t usual = 1000;
    std::vector<Row> rows;
    const auto& files = session().files;
    auto at = files.lower_bound(from);
    for (; at != files.end() && rows.size() < (max ? max : usual); ++at)
        rows.push_back(row(at->second));
    bool more = at != files.end();
    return {std::move(rows), more, more ? at->first : 0};
}

std::string SessionObject::Name() { return session().name; }
uint32_t SessionObject::Owner() { return session().owner; }
std::string SessionObject::Unit() { return session().unit; }
std::string SessionObject::KernelName() { return session().kernelName; }
std::string SessionObject::Direction() { return std::string(word(session().direction)); }
std::string SessionObject::State() { return std::string(stateWord(session())); }
uint64_t SessionObject::Created() { return session().created; }
bool SessionObject::Lent() { return session().lent; }
bool SessionObject::BoundToUnit() { return session().boundToUnit; }
std::string SessionObject::SecurityLabel() { return session().label; }

std::vector<SessionObject::Row> SessionObject::Files() {
    std::vector<Row> rows;
    for (const auto& [token, file] : session().files)
        rows.push_back(row(file));
    return rows;
}

} // namespace luod::bus
