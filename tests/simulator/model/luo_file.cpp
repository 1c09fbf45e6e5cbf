// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of a file before the reboot.

#include "kernel_impl.hpp"

#include <algorithm>
#include <cerrno>

namespace luosim::model {

namespace {

template <class Predicate> bool anyFile(const Kernel::Impl& kernel, Predicate&& matches) {
    for (const SessionList* list : {&kernel.outgoing, &kernel.incoming})
        for (const auto& session : *list)
            for (const auto& held : session->files)
                if (held->file && matches(*held))
                    return true;
    return false;
}

} // namespace

std::optional<std::uint64_t> SessionView::tokenOf(const File& file) const {
    for (const auto& held : session_.files)
        if (held->file && held->file->fileId() == file.fileId())
            return held->token;
    return std::nullopt;
}

std::shared_ptr<FileHandler> Kernel::Impl::findHandler(const File& file) const {
    auto it = std::ranges::find_if(handlers, [&](const auto& h) { return h->canPreserve(file); });
    return it == handlers.end() ? nullptr : *it;
}

bool Kernel::Impl::preserved(const FileHandler& handler, const File& file) const {
    return preservedFiles.contains({&handler, handler.getId(file)});
}

void Kernel::Impl::hold(const LuoFile& luoFile) {
    ++preservedFiles[{luoFile.handler.get(), luoFile.handler->getId(*luoFile.file)}];
}

void Kernel::Impl::drop(const LuoFile& luoFile) {
    if (!luoFile.file)
        return;
    const auto held = preservedFiles.find({luoFile.handler.get(), luoFile.handler->getId(*luoFile.file)});
    if (held != preservedFiles.end() && --held->second == 0)
        preservedFiles.erase(held);
}

bool Kernel::Impl::invalidated(const File& file) const {
    return anyInvalid &&
           anyFile(*this, [&](const LuoFile& held) { return held.invalid && held.file->fileId() == file.fileId(); });
}

Status Kernel::Impl::preserveFile(LuoSession& session, std::uint64_t token, const FileRef& file) {
    if (session.files.find(token))
        return fail(EEXIST);
    if (session.files.size() >= profile.limits.filesPerSession)
        return fail(ENOSPC);
    if (!file)
        return fail(EBADF);
    auto handler = findHandler(*file);
    if (!handler)
        return fail(ENOENT);
    if (invalidated(*file))
        return fail(ENODEV);
    if (profile.rules.duplicateFilesRefused && preserved(*handler, *file))
        return fail(EBUSY);
    auto luoFile = std::make_shared<LuoFile>();
    luoFile->handler = std::move(handler);
    luoFile->file = file;
    luoFile->token = token;
    return preserveWith(session, luoFile);
}

Status Kernel::Impl::preserveWith(LuoSession& session, const std::shared_ptr<LuoFile>& luoFile) {
    // The shared state first: the handler's own preserve may use it.
    auto held = flbs.filePreserve(*luoFile->handler);
    if (!held)
        return fail(held.error());
    luoFile->heldFlbs = std::move(*held);
    SessionView view(*this, session);
    auto args = view.args(*luoFile);
    const int injected = strike(Point::preserve, session.name, luoFile->token, Stage::handler);
    Status done = injected ? Status(fail(injected)) : luoFile->handler->preserve(args);
    if (!done) {
        flbs.fileUnpreserve(luoFile->heldFlbs);
        return done;
    }
    pins.get(luoFile->handler->owner());
    hold(*luoFile);
    session.files.add(luoFile);
    return {};
}

void Kernel::Impl::unpreserveFiles(LuoSession& session) {
    SessionView view(*this, session);
    while (!session.files.empty()) {
        const auto luoFile = session.files.back();
        auto args = view.args(*luoFile);
        luoFile->handler->unpreserve(args);
        flbs.fileUnpreserve(luoFile->heldFlbs);
        pins.put(luoFile->handler->owner());
        drop(*luoFile);
        session.files.removeLast();
    }
}

Status Kernel::preserveFd(SessionId id, std::uint64_t token, FileRef file) {
    auto session = impl_->enter(id, Point::preserve, token, false);
    if (!session)
        return fail(session.error());
    return impl_->preserveFile(**session, token, file);
}

std::size_t Kernel::invalidate(const File& file) {
    std::size_t count = 0;
    impl_->anyInvalid = true;
    for (SessionList* list : {&impl_->outgoing, &impl_->incoming})
        for (const auto& session : *list)
            for (const auto& held : session->files)
                if (held->file && held->file->fileId() == file.fileId() && !std::exchange(held->invalid, true))
                    ++count;
    return count;
}

bool Kernel::filePreserved(const File& file) const {
    const auto handler = impl_->findHandler(file);
    return handler && impl_->preserved(*handler, file);
}

} // namespace luosim::model
