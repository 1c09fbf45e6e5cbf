// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flb_registry.hpp"

#include <algorithm>
#include <cerrno>

namespace luosim::model {

namespace {

/// "pci-v2" -> "pci". What two versions of one state have in common.
std::string_view family(std::string_view compatible) {
    const auto dash = compatible.rfind("-v");
    return dash == std::string_view::npos ? compatible : compatible.substr(0, dash);
}

const char* inWords(FlbIncoming incoming) {
    switch (incoming) {
    case FlbIncoming::nothingPreserved:
        return "nothing preserved";
    case FlbIncoming::unknownVersion:
        return "unknown version";
    case FlbIncoming::preserved:
        return "preserved";
    case FlbIncoming::finished:
        return "finished";
    }
    return "";
}

} // namespace

void FlbRegistry::setIncoming(std::vector<FlbSer> flbs) {
    came_ = std::move(flbs);
    anythingCame_ = true;
}

FlbRegistry::Record* FlbRegistry::find(const Flb& flb) {
    auto it = std::ranges::find_if(records_, [&](const auto& r) { return r->flb.get() == &flb; });
    return it == records_.end() ? nullptr : it->get();
}

const FlbRegistry::Record* FlbRegistry::find(const Flb& flb) const {
    return const_cast<FlbRegistry*>(this)->find(flb);
}

const FlbSer* FlbRegistry::came(const Flb& flb) const {
    auto it = std::ranges::find(came_, flb.compatible(), &FlbSer::compatible);
    return it == came_.end() ? nullptr : &*it;
}

Status FlbRegistry::link(const FileHandler& handler, std::shared_ptr<Flb> flb, std::size_t limit) {
    const auto same = [&](const Link& l) { return l.handler == &handler && l.flb == flb; };
    if (std::ranges::any_of(links_, same))
        return fail(EEXIST);
    Record* record = find(*flb);
    if (!record || record->users == 0) {
        const auto registered = [](const auto& r) { return r->users > 0; };
        if (static_cast<std::size_t>(std::ranges::count_if(records_, registered)) >= limit)
            return fail(ENOSPC);
        const auto clash = [&](const auto& r) { return r->users > 0 && r->flb->compatible() == flb->compatible(); };
        if (std::ranges::any_of(records_, clash))
            return fail(EEXIST);
    }
    if (!record) {
        record = records_.emplace_back(std::make_unique<Record>()).get();
        record->flb = flb;
        if (const FlbSer* ser = came(*flb))
            record->incomingCount = ser->count;
    }
    ++record->users;
    links_.push_back({&handler, std::move(flb)});
    return {};
}

void FlbRegistry::unlink(const FileHandler& handler, const Flb& flb) {
    const auto removed =
        std::erase_if(links_, [&](const Link& l) { return l.handler == &handler && l.flb.get() == &flb; });
    if (removed)
        --find(flb)->users;
}

void FlbRegistry::unlinkAll(const FileHandler& handler) {
    for (const auto& flb : dependencies(handler))
        unlink(handler, *flb);
}

std::vector<std::shared_ptr<Flb>> FlbRegistry::dependencies(const FileHandler& handler) const {
    std::vector<std::shared_ptr<Flb>> found;
    for (const Link& link : links_)
        if (link.handler == &handler)
            found.push_back(link.flb);
    return found;
}

Result<std::vector<std::shared_ptr<Flb>>> FlbRegistry::filePreserve(const FileHandler& handler) {
    std::vector<std::shared_ptr<Flb>> held;
    for (auto& flb : dependencies(handler)) {
        if (auto done = getOutgoing(*find(*flb)); !done) {
            fileUnpreserve(held);
            return fail(done.error());
        }
        held.push_back(std::move(flb));
    }
    return held;
}

void FlbRegistry::fileUnpreserve(const std::vector<std::shared_ptr<Flb>>& held) {
    for (auto flb = held.rbegin(); flb != held.rend(); ++flb)
        putOutgoing(*find(**flb));
}

void FlbRegistry::fileFinish(const FileHandler& handler, bool unretrievedNeverFinished) {
    const auto held = dependencies(handler);
    for (auto flb = held.rbegin(); flb != held.rend(); ++flb)
        putIncoming(*find(**flb), unretrievedNeverFinished);
}

Status FlbRegistry::getOutgoing(Record& record) {
    if (record.outgoingCount == 0) {
        auto data = record.flb->preserve();
        if (!data)
            return fail(data.error());
        record.outgoingData = std::move(*data);
        pins_.get(record.flb->owner());
    }
    ++record.outgoingCount;
    return {};
}

void FlbRegistry::putOutgoing(Record& record) {
    if (--record.outgoingCount > 0)
        return;
    record.flb->unpreserve(record.outgoingData);
    record.outgoingData.reset();
    pins_.put(record.flb->owner());
}

Status FlbRegistry::retrieve(Record& record) {
    if (record.finished)
        return fail(ENODATA);
    if (record.retrieveStatus < 0)
        return fail(-record.retrieveStatus);
    if (record.retrieveStatus > 0)
        return {};
    if (!anythingCame_)
        return fail(ENODATA);
    const FlbSer* ser = came(*record.flb);
    if (!ser)
        return fail(ENOENT);
    auto object = record.flb->retrieve(ser->data);
    if (!object) {
        record.retrieveStatus = -object.error();
        return fail(object.error());
    }
    record.incomingObject = std::move(*object);
    record.retrieveStatus = 1;
    pins_.get(record.flb->owner());
    return {};
}

void FlbRegistry::putIncoming(Record& record, bool unretrievedNeverFinished) {
    if (record.incomingCount == 0 || (unretrievedNeverFinished && record.retrieveStatus <= 0))
        return;
    if (--record.incomingCount > 0 || !retrieve(record))
        return;
    record.flb->finish(record.incomingObject);
    record.incomingObject.reset();
    record.finished = true;
    pins_.put(record.flb->owner());
}

Result<Blob*> FlbRegistry::incoming(const Flb& flb) {
    Record* record = find(flb);
    if (!record)
        return fail(ENOENT);
    if (auto done = retrieve(*record); !done)
        return fail(done.error());
    return &record->incomingObject;
}

Result<Blob*> FlbRegistry::outgoing(const Flb& flb) {
    Record* record = find(flb);
    if (!record || record->outgoingCount == 0)
        return fail(ENOENT);
    return &record->outgoingData;
}

FlbIncoming FlbRegistry::provenance(const Flb& flb) const {
    if (const Record* record = find(flb); record && record->finished)
        return FlbIncoming::finished;
    if (came(flb))
        return FlbIncoming::preserved;
    const auto related = [&](const FlbSer& s) { return family(s.compatible) == family(flb.compatible()); };
    return std::ranges::any_of(came_, related) ? FlbIncoming::unknownVersion : FlbIncoming::nothingPreserved;
}

std::vector<FlbSer> FlbRegistry::serialize() const {
    std::vector<FlbSer> written;
    for (const auto& r : records_)
        if (r->users > 0 && r->outgoingCount > 0)
            written.push_back({r->flb->compatible(), r->outgoingData, r->outgoingCount});
    return written;
}

std::vector<FlbState> FlbRegistry::state() const {
    std::vector<FlbState> states;
    for (const auto& r : records_)
        states.push_back({r->flb->compatible(), r->flb->owner(), r->users, r->outgoingCount, r->incomingCount,
                          r->retrieveStatus, inWords(provenance(*r->flb))});
    return states;
}

} // namespace luosim::model
