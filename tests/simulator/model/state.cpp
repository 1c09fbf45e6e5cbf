// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel_impl.hpp"

namespace luosim::model {

namespace {

FileState describe(const LuoFile& file) {
    return {.token = file.token,
            .compatible = file.handler->compatible(),
            .label = file.file ? file.file->label() : "",
            .fileId = file.file ? file.file->fileId() : 0,
            .retrieveStatus = file.retrieveStatus,
            .frozen = file.frozen,
            .invalid = file.invalid};
}

std::vector<SessionState> describe(const SessionList& sessions) {
    std::vector<SessionState> states;
    for (const auto& session : sessions) {
        SessionState state{session->id, session->name, session->retrieved, session->abandoned, {}};
        for (const auto& file : session->files)
            state.files.push_back(describe(*file));
        states.push_back(std::move(state));
    }
    return states;
}

} // namespace

State Kernel::state() const {
    State state{.profile = impl_->profile.name,
                .release = impl_->profile.release,
                .arrival = toString(impl_->arrival),
                .liveupdateNumber = impl_->liveupdateNumber,
                .deviceExists = deviceExists(),
                .deviceOpen = impl_->deviceOpen,
                .deserialized = impl_->deserialized,
                .deserializeError = impl_->deserializeError,
                .frozen = impl_->frozen,
                .outgoing = describe(impl_->outgoing),
                .incoming = describe(impl_->incoming),
                .handlers = {},
                .flbs = impl_->flbs.state(),
                .modules = {},
                .log = impl_->log};
    for (const auto& handler : impl_->handlers)
        state.handlers.push_back(handler->compatible());
    for (const Module& module : impl_->modules)
        state.modules.push_back({module.name, impl_->pins.count(module.name)});
    return state;
}

} // namespace luosim::model
