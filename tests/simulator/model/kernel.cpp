// SPDX-License-Identifier: LGPL-2.1-or-later
// Birth and death of a simulated kernel, its modules, and what they register.

#include "kernel_impl.hpp"

#include <algorithm>
#include <cerrno>

namespace luosim::model {

Kernel::Kernel(Profile profile, Handover handover, FaultTable* faults) : impl_(std::make_unique<Impl>()) {
    impl_->profile = std::move(profile);
    impl_->handover = std::move(handover);
    impl_->faults = faults;
    impl_->boot();
}

Kernel::~Kernel() = default;
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;

const Profile& Kernel::profile() const {
    return impl_->profile;
}
Arrival Kernel::arrival() const {
    return impl_->arrival;
}

bool Kernel::moduleLoaded(std::string_view name) const {
    return std::ranges::any_of(impl_->modules, [&](const Module& m) { return m.name == name; });
}

Status Kernel::registerFileHandler(std::shared_ptr<FileHandler> handler) {
    if (!impl_->enabled())
        return fail(EOPNOTSUPP);
    const auto clash = [&](const auto& h) { return h->compatible() == handler->compatible(); };
    if (std::ranges::any_of(impl_->handlers, clash))
        return fail(EEXIST);
    impl_->handlers.push_back(std::move(handler));
    return {};
}

void Kernel::unregisterFileHandler(const FileHandler& handler) {
    impl_->flbs.unlinkAll(handler);
    std::erase_if(impl_->handlers, [&](const auto& h) { return h.get() == &handler; });
}

Status Kernel::registerFlb(const FileHandler& handler, std::shared_ptr<Flb> flb) {
    if (!impl_->enabled())
        return fail(EOPNOTSUPP);
    const auto same = [&](const auto& h) { return h.get() == &handler; };
    if (std::ranges::none_of(impl_->handlers, same))
        return fail(EINVAL);
    return impl_->flbs.link(handler, std::move(flb), impl_->profile.limits.flbs);
}

void Kernel::unregisterFlb(const FileHandler& handler, const Flb& flb) {
    impl_->flbs.unlink(handler, flb);
}

Result<Blob*> Kernel::flbIncoming(const Flb& flb) {
    return impl_->enabled() ? impl_->flbs.incoming(flb) : Result<Blob*>(fail(EOPNOTSUPP));
}

Result<Blob*> Kernel::flbOutgoing(const Flb& flb) {
    return impl_->enabled() ? impl_->flbs.outgoing(flb) : Result<Blob*>(fail(EOPNOTSUPP));
}

FlbIncoming Kernel::flbProvenance(const Flb& flb) const {
    return impl_->flbs.provenance(flb);
}

namespace {

/// Takes back what a module registered, in reverse.
void unregister(Kernel& kernel, const std::vector<std::shared_ptr<FileHandler>>& all, const Module& module) {
    for (auto link = module.flbs.rbegin(); link != module.flbs.rend(); ++link)
        for (const auto& handler : all)
            if (handler->compatible() == link->handler)
                kernel.unregisterFlb(*handler, *link->flb);
    for (auto handler = module.handlers.rbegin(); handler != module.handlers.rend(); ++handler)
        kernel.unregisterFileHandler(**handler);
}

} // namespace

Status Kernel::loadModule(Module module) {
    if (impl_->faults && impl_->faults->moduleNotLoaded(module.name))
        return fail(ENOENT);
    if (moduleLoaded(module.name))
        return fail(EEXIST);
    Module done{module.name, {}, {}};
    Status status;
    for (auto it = module.handlers.begin(); status && it != module.handlers.end(); ++it)
        if ((status = registerFileHandler(*it)))
            done.handlers.push_back(*it);
    for (auto it = module.flbs.begin(); status && it != module.flbs.end(); ++it) {
        const auto named = [&](const auto& h) { return h->compatible() == it->handler; };
        const auto handler = std::ranges::find_if(impl_->handlers, named);
        status = handler == impl_->handlers.end() ? Status(fail(EINVAL)) : registerFlb(**handler, it->flb);
        if (status)
            done.flbs.push_back(*it);
    }
    // Without live update a module still loads; it just has nobody to register with.
    if (!status && status.error() != EOPNOTSUPP) {
        const auto all = impl_->handlers;
        unregister(*this, all, done);
        return status;
    }
    impl_->modules.push_back(std::move(done));
    return {};
}

Status Kernel::unloadModule(std::string_view name) {
    const auto it = std::ranges::find(impl_->modules, name, &Module::name);
    if (it == impl_->modules.end())
        return fail(ENOENT);
    if (impl_->pins.count(it->name) > 0)
        return fail(EAGAIN);
    const auto all = impl_->handlers;
    unregister(*this, all, *it);
    impl_->modules.erase(it);
    return {};
}

} // namespace luosim::model
