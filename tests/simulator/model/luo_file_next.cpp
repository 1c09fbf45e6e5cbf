// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of a file in the next kernel: retrieve and finish.

#include "kernel_impl.hpp"

#include <algorithm>
#include <cerrno>

namespace luosim::model {

Result<FileRef> SessionView::incomingFile(std::uint64_t token) {
    return kernel_.retrieveFile(session_, token);
}

Result<FileRef> Kernel::Impl::retrieveFile(LuoSession& session, std::uint64_t token) {
    const auto luoFile = session.files.find(token);
    if (!luoFile)
        return fail(ENOENT);
    if (luoFile->invalid)
        return fail(ENODEV);
    if (luoFile->retrieveStatus < 0)
        return fail(-luoFile->retrieveStatus);
    if (luoFile->retrieveStatus > 0)
        return luoFile->file;
    SessionView view(*this, session);
    auto args = view.args(*luoFile);
    const int injected = strike(Point::retrieve, session.name, token, Stage::handler);
    // A file preserved in this boot (7.0 looks for it all the same) has nothing in handed-over memory.
    const int refused = injected ? injected : luoFile->outgoing ? EINVAL : 0;
    auto file = refused ? Result<FileRef>(fail(refused)) : luoFile->handler->retrieve(args);
    if (!file) {
        luoFile->retrieveStatus = -file.error();
        return file;
    }
    luoFile->file = *file;
    luoFile->retrieveStatus = 1;
    hold(*luoFile);
    return file;
}

Status Kernel::Impl::canFinishFiles(LuoSession& session, bool closing) {
    SessionView view(*this, session);
    if (int number = strike(Point::finish, session.name, {}, Stage::handler))
        return fail(number);
    for (const auto& luoFile : session.files) {
        if (luoFile->invalid && !closing)
            return fail(ENODEV);
        auto args = view.args(*luoFile);
        // There is nothing left to wait for in a device that is gone; closing the session is the way to be rid of it.
        if (!luoFile->invalid && !luoFile->handler->canFinish(args))
            return fail(EBUSY);
    }
    return {};
}

Status Kernel::Impl::finishFiles(LuoSession& session, bool closing) {
    if (session.files.empty())
        return {};
    if (auto can = canFinishFiles(session, closing); !can)
        return can;
    SessionView view(*this, session);
    while (!session.files.empty()) {
        const auto luoFile = session.files.back();
        auto args = view.args(*luoFile);
        luoFile->handler->finish(args);
        if (luoFile->outgoing)
            flbs.fileUnpreserve(luoFile->heldFlbs);
        else
            flbs.fileFinish(*luoFile->handler, profile.rules.unretrievedFlbNeverFinished);
        pins.put(luoFile->handler->owner());
        drop(*luoFile);
        session.files.removeLast();
    }
    return {};
}

Result<FileRef> Kernel::retrieveFd(SessionId id, std::uint64_t token) {
    auto session = impl_->enter(id, Point::retrieve, token, true);
    if (!session)
        return fail(session.error());
    return impl_->retrieveFile(**session, token);
}

Status Kernel::finish(SessionId id) {
    auto session = impl_->enter(id, Point::finish, {}, true);
    if (!session)
        return fail(session.error());
    return impl_->finishFiles(**session, false);
}

} // namespace luosim::model
