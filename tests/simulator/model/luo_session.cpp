// SPDX-License-Identifier: LGPL-2.1-or-later
// The device and the sessions: who may do what, in the kernel's order of checks.

#include "ioctl.hpp"
#include "kernel_impl.hpp"

#include <algorithm>
#include <cerrno>

namespace luosim::model {

namespace {

struct Name {
    std::string text;
    bool terminated;
};

Name readName(std::string_view field) {
    field = field.substr(0, sessionNameLength);
    const auto length = std::min(field.find('\0'), field.size());
    return {std::string(field.substr(0, length)), length < sessionNameLength};
}

template <class List> auto findByName(const List& list, const std::string& name) {
    return std::ranges::find_if(list, [&](const auto& s) { return s->name == name; });
}

} // namespace

int Kernel::Impl::strike(Point point, std::string_view session, std::optional<std::uint64_t> token, Stage stage) const {
    return faults ? faults->strikeErrno({point, stage, session, token}) : 0;
}

std::shared_ptr<LuoSession> Kernel::Impl::findOpen(SessionId id) const {
    for (const SessionList* list : {&outgoing, &incoming})
        for (const auto& session : *list)
            if (session->id == id && session->open)
                return session;
    return nullptr;
}

Result<std::shared_ptr<LuoSession>> Kernel::Impl::enter(SessionId id, Point point, std::optional<std::uint64_t> token,
                                                        std::optional<bool> wantRetrieved) const {
    auto session = findOpen(id);
    if (!session)
        return fail(EBADF);
    if (wantRetrieved && profile.rules.sessionTypeChecked && session->retrieved != *wantRetrieved)
        return fail(EINVAL);
    if (blocked())
        return fail(callBlocks);
    if (int number = strike(point, session->name, token))
        return fail(number);
    return session;
}

void Kernel::Impl::forget(const LuoSession& session) {
    for (SessionList* list : {&outgoing, &incoming})
        std::erase_if(*list, [&](const auto& s) { return s.get() == &session; });
}

bool Kernel::deviceExists() const {
    return impl_->enabled();
}

Status Kernel::openDevice() {
    if (!deviceExists())
        return fail(ENOENT);
    if (impl_->deviceOpen)
        return fail(EBUSY);
    const int injected = impl_->strike(Point::open);
    if (injected && injected != EIO)
        return fail(injected);
    if (!impl_->deserializeOnce(injected) || injected)
        return fail(EIO);
    impl_->deviceOpen = true;
    return {};
}

void Kernel::releaseDevice() {
    impl_->deviceOpen = false;
}

Result<SessionId> Kernel::createSession(std::string_view field) {
    if (!impl_->deviceOpen)
        return fail(EBADF);
    Name name = readName(field);
    if (impl_->profile.rules.namesChecked && (name.text.empty() || !name.terminated))
        return fail(EINVAL);
    if (!name.terminated)
        name.text.pop_back();
    if (impl_->blocked())
        return fail(callBlocks);
    if (int number = impl_->strike(Point::createSession, name.text))
        return fail(number);
    SessionList& list = impl_->outgoing;
    if (list.size() >= impl_->profile.limits.sessions)
        return fail(impl_->profile.limits.tooManySessions);
    if (findByName(list, name.text) != list.end())
        return fail(EEXIST);
    auto session = std::make_shared<LuoSession>();
    session->id = ++impl_->lastId;
    session->name = std::move(name.text);
    session->open = true;
    list.push_back(session);
    return session->id;
}

Result<SessionId> Kernel::retrieveSession(std::string_view field) {
    if (!impl_->deviceOpen)
        return fail(EBADF);
    if (impl_->blocked())
        return fail(callBlocks);
    const Name name = readName(field);
    if (int number = impl_->strike(Point::retrieveSession, name.text))
        return fail(number);
    const auto it = findByName(impl_->incoming, name.text);
    if (!name.terminated || it == impl_->incoming.end())
        return fail(ENOENT);
    LuoSession& session = **it;
    if (session.retrieved)
        return fail(EINVAL);
    session.retrieved = true;
    session.open = true;
    return session.id;
}

void Kernel::undoRetrieveSession(SessionId id) {
    if (const auto session = impl_->findOpen(id); session && session->retrieved)
        session->retrieved = session->open = false;
}

bool Kernel::sessionOpen(SessionId id) const {
    return impl_->findOpen(id) != nullptr;
}

bool Kernel::sessionRetrieved(SessionId id) const {
    const auto session = impl_->findOpen(id);
    return session && session->retrieved;
}

Result<std::string> Kernel::getName(SessionId id) {
    if (!impl_->profile.rules.hasGetName)
        return fail(EINVAL);
    auto session = impl_->enter(id, Point::getName, {}, {});
    if (!session)
        return fail(session.error());
    return (*session)->name;
}

Status Kernel::closeSession(SessionId id) {
    auto entered = impl_->enter(id, Point::close, {}, {});
    if (!entered)
        return fail(entered.error());
    LuoSession& session = **entered;
    session.open = false;
    if (!session.retrieved) {
        impl_->unpreserveFiles(session);
    } else if (auto done = impl_->finishFiles(session, true); !done) {
        session.abandoned = true;
        impl_->log.push_back("luo: session '" + session.name + "' could not be finished when closed: it stays");
        return done;
    }
    impl_->forget(session);
    return {};
}

} // namespace luosim::model
