// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/records.hpp"

#include "core/wire.hpp"

namespace luod::core {
namespace {

// One function a record says which fields it has, in which order; Writer and Reader both run through it, so that what is
// written and what is read cannot part. Fields are only ever appended to the end of a record's list: a reader that runs
// out of bytes at a field's start leaves the rest at their defaults, so that older ledgers are read.

template <typename Io> void fields(Io& io, BootNoted& r) { io(r.bootId, r.release, r.liveUpdates, r.nextId, r.handover); }

template <typename Io> void fields(Io& io, Session& s) {
    io(s.id, s.owner, s.direction, s.state, s.lent, s.created, s.name, s.kernelName, s.unit, s.carried,
       s.boundToUnit, s.label);
}

template <typename Io> void fields(Io& io, File& f) {
    io(f.token, f.name, f.kind, f.state, f.byOwner, f.seals, f.size, f.identity.device, f.identity.inode, f.pciAddress,
       f.driver, f.metadata, f.device.number, f.device.path);
}

template <typename Io> void fields(Io& io, Inhibitor& i) {
    io(i.id, i.uid, i.pid, i.mode, i.deadline, i.since, i.who, i.why, i.unit);
}

template <typename Io> void fields(Io& io, Image& i) {
    io(i.uuid, i.kernelPath, i.initrdPath, i.release, i.cmdline, i.boot);
}

template <typename Io> void fields(Io& io, Moment& m) {
    io(m.what, m.subject, m.owner, m.at.monotonic, m.at.wall, m.detail);
}

template <typename Io> void fields(Io& io, Update& u) {
    io(u.uuid, u.mode, u.from, u.to, u.reason, u.forced, u.begun, u.deadline, u.goOnWithoutLate, u.shutdownAsked, u.outcome,
       u.words);
    io.list(u.moments, [](Io& each, Moment& moment) { fields(each, moment); });
}

template <typename Io> void fields(Io& io, SessionAdded& r) { fields(io, r.session); }
template <typename Io> void fields(Io& io, SessionGone& r) { io(r.id); }
template <typename Io> void fields(Io& io, SessionLent& r) { io(r.id); }
template <typename Io> void fields(Io& io, SessionStateChanged& r) { io(r.id, r.state); }
template <typename Io> void fields(Io& io, FilesListed& r) {
    io(r.id);
    io.list(r.files, [](Io& each, File& file) { fields(each, file); });
}
template <typename Io> void fields(Io& io, FilesPreserved& r) { io(r.id, r.tokens); }
template <typename Io> void fields(Io& io, FilesDropped& r) { io(r.id, r.tokens); }
template <typename Io> void fields(Io& io, FileAnnotated& r) { io(r.id, r.token, r.name, r.metadata); }
template <typename Io> void fields(Io& io, FilesRetrieved& r) { io(r.id, r.tokens); }
template <typename Io> void fields(Io&, SnapshotComplete&) {}
template <typename Io> void fields(Io& io, SessionCarried& r) { io(r.id); }
template <typename Io> void fields(Io& io, ImageLoaded& r) { fields(io, r.image); }
template <typename Io> void fields(Io&, ImageUnloaded&) {}
template <typename Io> void fields(Io& io, InhibitorAdded& r) { fields(io, r.inhibitor); }
template <typename Io> void fields(Io& io, InhibitorGone& r) { io(r.id); }
template <typename Io> void fields(Io& io, UpdateBegan& r) { fields(io, r.update); }
template <typename Io> void fields(Io& io, UpdatePhase& r) { io(r.phase, r.to, r.deadline); }
template <typename Io> void fields(Io& io, UpdateMoment& r) {
    io(r.update);
    fields(io, r.moment);
}
template <typename Io> void fields(Io& io, UpdateEnded& r) { io(r.outcome, r.words); }
template <typename Io> void fields(Io& io, UpdateReported& r) { fields(io, r.update); }
template <typename Io> void fields(Io& io, UpdateArrived& r) { io(r.update); }
template <typename Io> void fields(Io& io, VerdictMade& r) { io(r.handover, r.words); }
template <typename Io> void fields(Io& io, FilesInvalidated& r) { io(r.id, r.tokens); }

template <std::size_t I = 0> std::optional<Record> decodeAs(std::size_t type, wire::Reader& in) {
    if constexpr (I < std::variant_size_v<Record>) {
        if (type != I)
            return decodeAs<I + 1>(type, in);
        std::variant_alternative_t<I, Record> record;
        fields(in, record);
        if (in.failed())
            return std::nullopt;
        return record;
    }
    return std::nullopt;
}

} // namespace

void encode(const Record& record, std::string& out) {
    wire::Writer writer(out);
    writer.number(record.index());
    // The field lists are shared with the reader, which needs to write to them; the writer does not.
    std::visit([&](const auto& r) { fields(writer, const_cast<std::remove_cvref_t<decltype(r)>&>(r)); }, record);
}

std::optional<Record> decode(std::string_view bytes) {
    wire::Reader reader(bytes);
    auto type = reader.number();
    if (reader.failed())
        return std::nullopt;
    return decodeAs(type, reader);
}

} // namespace luod::core
