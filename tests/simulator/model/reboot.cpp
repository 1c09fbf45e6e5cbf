// SPDX-License-Identifier: LGPL-2.1-or-later
// The last moments of a kernel: freeze everything or nothing, write it down, jump.

#include "kernel_impl.hpp"

#include <algorithm>
#include <cerrno>

namespace luosim::model {

namespace {

void thaw(Kernel::Impl& kernel, LuoSession& session) {
    SessionView view(kernel, session);
    for (const auto& luoFile : session.files) {
        if (!std::exchange(luoFile->frozen, false))
            continue;
        auto args = view.args(*luoFile);
        luoFile->handler->unfreeze(args);
    }
}

} // namespace

Status Kernel::Impl::freezeFiles(LuoSession& session) {
    SessionView view(*this, session);
    for (const auto& luoFile : session.files) {
        auto args = view.args(*luoFile);
        const int injected = strike(Point::reboot, session.name, luoFile->token, Stage::freeze);
        Status done = injected ? Status(fail(injected)) : Status{};
        if (done)
            done = luoFile->invalid ? Status(fail(ENODEV)) : luoFile->handler->freeze(args);
        if (!done) {
            thaw(*this, session); // the one that refused is not thawed: it never froze
            return done;
        }
        luoFile->frozen = true;
    }
    return {};
}

Status Kernel::Impl::serialize() {
    for (auto it = outgoing.begin(); it != outgoing.end(); ++it) {
        if (auto done = freezeFiles(**it); !done) {
            log.push_back("luo: session '" + (*it)->name + "' refused to freeze: error " +
                          std::to_string(done.error()));
            while (it != outgoing.begin())
                thaw(*this, **--it);
            return done;
        }
    }
    return {};
}

void Kernel::Impl::writeDown() {
    frozenSessions.clear();
    for (const auto& session : outgoing)
        frozenSessions.push_back(std::make_shared<LuoSession>(*session));
    frozenFlbs = flbs.serialize();
    frozen = true;
}

Status Kernel::freeze(KexecImage image) {
    if (impl_->frozen)
        return fail(callBlocks);
    if (int number = impl_->strike(Point::reboot))
        return fail(number);
    if (image == KexecImage::none)
        return fail(EINVAL);
    if (impl_->enabled()) {
        if (auto done = impl_->serialize(); !done)
            return done;
    }
    impl_->writeDown();
    return {};
}

bool Kernel::frozen() const {
    return impl_->frozen;
}

Handover Kernel::jump(KexecImage image) {
    Handover out;
    const bool powerLoss = impl_->faults && impl_->faults->strikePowerLoss();
    if (powerLoss || image != KexecImage::kexecFileLoad || !impl_->frozen || !impl_->profile.khoEnabled)
        return out;
    out.attached = true;
    out.fromRelease = impl_->profile.release;
    out.versions = impl_->profile.versions;
    out.hasLuo = impl_->enabled();
    out.liveupdateNumber = impl_->liveupdateNumber + 1;
    for (const auto& session : impl_->frozenSessions) {
        SessionView view(*impl_, *session);
        SessionSer ser{session->name, {}};
        for (const auto& luoFile : session->files) {
            auto args = view.args(*luoFile);
            ser.files.push_back({luoFile->handler->compatible(), luoFile->token, luoFile->handler->carry(args)});
        }
        out.sessions.push_back(std::move(ser));
    }
    out.flbs = impl_->frozenFlbs;
    return out;
}

} // namespace luosim::model
