// SPDX-License-Identifier: LGPL-2.1-or-later
// How a kernel takes what the one before it left, at boot and at the first open of the device.

#include "kernel_impl.hpp"

#include <algorithm>
#include <cerrno>

namespace luosim::model {

void Kernel::Impl::boot() {
    const Versions& mine = profile.versions;
    const Versions& theirs = handover.versions;
    if (!handover.attached) {
        arrival = Arrival::cold;
    } else if (!profile.khoEnabled) {
        arrival = Arrival::ignored;
    } else if (theirs.kho != mine.kho) {
        arrival = Arrival::khoRefused;
        log.push_back("KHO: " + theirs.kho + " is not " + mine.kho + ": nothing revived");
    } else if (!handover.hasLuo) {
        arrival = Arrival::cold;
    } else if (theirs.luo != mine.luo || theirs.luoSession != mine.luoSession || theirs.luoFlb != mine.luoFlb) {
        // Also without liveupdate=on: the kernel compares before it looks at its command line.
        arrival = Arrival::panicked;
        log.push_back("LUO: " + theirs.luo + " is not " + mine.luo + ": panic");
    } else {
        arrival = Arrival::accepted;
        liveupdateNumber = handover.liveupdateNumber;
        log.push_back("luo: Retrieved live update data, liveupdate number: " + std::to_string(liveupdateNumber));
        flbs.setIncoming(std::move(handover.flbs));
        return;
    }
    handover = {}; // what nobody can reach any more is thrown away here
}

bool Kernel::Impl::enabled() const {
    return profile.khoEnabled && profile.liveupdateEnabled && arrival != Arrival::panicked;
}

Status Kernel::Impl::deserializeOnce(int injected) {
    if (!deserialized) {
        deserialized = true;
        deserializeError = injected;
        for (const SessionSer& ser : handover.sessions) {
            if (deserializeError)
                break;
            if (auto done = deserializeSession(ser); !done)
                deserializeError = done.error();
        }
        handover.sessions.clear();
    }
    return deserializeError ? Status(fail(deserializeError)) : Status{};
}

Status Kernel::Impl::deserializeSession(const SessionSer& ser) {
    if (std::ranges::any_of(incoming, [&](const auto& s) { return s->name == ser.name; }))
        return fail(EEXIST);
    auto session = std::make_shared<LuoSession>();
    session->id = ++lastId;
    session->name = ser.name;
    // Entered before its files are read: when one of them fails, this session stays behind empty and those before it
    // stay as they are. Nobody can reach them, because the device does not open any more.
    incoming.push_back(session);
    for (const FileSer& file : ser.files) {
        if (auto done = deserializeFile(*session, file); !done) {
            for (const auto& undone : session->files)
                pins.put(undone->handler->owner());
            session->files.clear();
            return done;
        }
    }
    return {};
}

Status Kernel::Impl::deserializeFile(LuoSession& session, const FileSer& ser) {
    const auto fits = [&](const auto& h) { return h->compatible() == ser.compatible; };
    auto it = std::ranges::find_if(handlers, fits);
    if (it == handlers.end()) {
        log.push_back("luo: no handler for '" + ser.compatible + "' in session '" + session.name + "'");
        return fail(ENOENT);
    }
    auto file = std::make_shared<LuoFile>();
    file->handler = *it;
    file->data = ser.data;
    file->token = ser.token;
    file->outgoing = false;
    pins.get(file->handler->owner());
    session.files.add(std::move(file));
    return {};
}

} // namespace luosim::model
