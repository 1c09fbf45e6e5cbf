// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/registry.hpp"

#include <algorithm>

namespace luod::core {
Session withoutFiles(const Session& s) {
    return {.id = s.id, .owner = s.owner, .direction = s.direction, .state = s.state, .lent = s.lent, .created = s.created,
            .name = s.name, .kernelName = s.kernelName, .unit = s.unit, .carried = s.carried};
}

void Registry::apply(const Record& record) {
    std::visit([this](const auto& r) { on(r); }, record);
}

const Session* Registry::find(SessionId id) const {
    auto at = sessions_.find(id);
    return at == sessions_.end() ? nullptr : &at->second;
}

const Session* Registry::find(uid_t owner, Direction direction, const std::string& name) const {
    auto at = byName_.find({owner, direction, name});
    return at == byName_.end() ? nullptr : find(at->second);
}

Registry::Usage Registry::usage(uid_t owner) const {
    auto at = users_.find(owner);
    return at == users_.end() ? Usage{} : at->second;
}

Session* Registry::mine(SessionId id) { return const_cast<Session*>(find(id)); }

File* Registry::mine(SessionId id, Token token) {
    Session* session = mine(id);
    if (!session)
        return nullptr;
    auto at = session->files.find(token);
    return at == session->files.end() ? nullptr : &at->second;
}

void Registry::remember(const Session& session) {
    if (session.state != SessionState::Lost)
        byName_[{session.owner, session.direction, session.name}] = session.id;
}

void Registry::forget(const Session& session) {
    auto at = byName_.find({session.owner, session.direction, session.name});
    if (at != byName_.end() && at->second == session.id)
        byName_.erase(at);
}

void Registry::count(const Session& session, int files, std::int64_t bytes) {
    for (Usage* usage : {&users_[session.owner], &total_}) {
        usage->files += std::uint64_t(std::int64_t(files));
        usage->bytes += std::uint64_t(bytes);
    }
}

void Registry::addFile(Session& session, const File& file) {
    dropFile(session, file.token); // a ledger may say the same thing twice, never two things of one token
    const File& kept = session.files.emplace(file.token, file).first->second;
    if (!kept.name.empty())
        session.byName[kept.name] = kept.token;
    if (kept.identity.known())
        identities_.insert(kept.identity);
    session.bytes += kept.size;
    count(session, 1, std::int64_t(kept.size));
    census_.enter(session, kept);
}

void Registry::dropFile(Session& session, Token token) {
    auto at = session.files.find(token);
    if (at == session.files.end())
        return;
    const File& file = at->second;
    session.byName.erase(file.name);
    identities_.erase(file.identity);
    session.bytes -= file.size;
    count(session, -1, std::int64_t(0 - file.size)); // whose size may be any number: an owner says it
    census_.leave(session, file);
    session.files.erase(at);
}

void Registry::on(const BootNoted& record) { boot_ = record; }

void Registry::on(const SessionAdded& record) {
    on(SessionGone{record.session.id});
    Session session = record.session;
    remember(session);
    census_.enter(session);
    ++users_[session.owner].sessions;
    ++total_.sessions;
    boot_.nextId = std::max(boot_.nextId, session.id + 1);
    sessions_.emplace(session.id, std::move(session));
}

void Registry::on(const SessionGone& record) {
    Session* session = mine(record.id);
    if (!session)
        return;
    while (!session->files.empty())
        dropFile(*session, session->files.begin()->first);
    forget(*session);
    census_.leave(*session);
    auto user = users_.find(session->owner);
    if (--user->second.sessions == 0)
        users_.erase(user);
    --total_.sessions;
    sessions_.erase(record.id);
}

void Registry::on(const SessionLent& record) {
    if (Session* session = mine(record.id))
        session->lent = true;
}

void Registry::on(const SessionStateChanged& record) {
    if (Session* session = mine(record.id)) {
        forget(*session);
        census_.leave(*session);
        session->state = record.state;
        census_.enter(*session);
        remember(*session);
    }
}

void Registry::on(const FilesListed& record) {
    if (Session* session = mine(record.id))
        for (const File& file : record.files)
            addFile(*session, file);
}

void Registry::setState(SessionId id, const std::vector<Token>& tokens, FileState state) {
    for (Token token : tokens)
        if (File* file = mine(id, token)) {
            census_.leave(*find(id), *file);
            file->state = state;
            census_.enter(*find(id), *file);
        }
}

void Registry::on(const FilesPreserved& record) {
    setState(record.id, record.tokens, FileState::Preserved);
}

void Registry::on(const FilesDropped& record) {
    if (Session* session = mine(record.id))
        for (Token token : record.tokens)
            dropFile(*session, token);
}

void Registry::on(const FileAnnotated& record) {
    File* file = mine(record.id, record.token);
    if (!file)
        return;
    auto& byName = mine(record.id)->byName;
    byName.erase(file->name);
    file->name = record.name;
    file->metadata = record.metadata;
    if (!file->name.empty())
        byName[file->name] = file->token;
}

void Registry::on(const FilesRetrieved& record) {
    setState(record.id, record.tokens, FileState::Retrieved);
}

void Registry::on(const SessionCarried& record) {
    Session* session = mine(record.id);
    if (!session)
        return;
    forget(*session);
    census_.leaveAll(*session);
    session->direction = Direction::Outgoing;
    session->state = SessionState::Rebuilding;
    session->lent = false;
    session->carried = true;
    for (auto& [token, file] : session->files)
        file.state = FileState::Preserved;
    census_.enterAll(*session);
    remember(*session);
}

void Registry::on(const VerdictMade& record) {
    boot_.handover = record.handover;
    updates_.on(record);
}

void Registry::crossOver(BootNoted boot) {
    updates_.crossOver();
    boot.nextId = boot_.nextId;
    boot_ = std::move(boot);
    byName_.clear();
    identities_.clear();
    census_ = {};
    for (auto& [id, session] : sessions_) {
        // What a session was being made anew from did not come over with it: it holds what it held just then.
        bool unsure = session.state == SessionState::Rebuilding;
        if (session.direction == Direction::Incoming)
            session.state = SessionState::Lost;
        else if (unsure)
            session.state = SessionState::Active;
        session.direction = Direction::Incoming;
        session.lent = false;
        session.carried = false;
        remember(session);
        for (auto& [token, file] : session.files) {
            file.identity = {};
            // Of one that was on its way to the kernel nobody knows yet whether it arrived.
            bool onItsWay = unsure || file.state == FileState::Preserving;
            file.state = onItsWay ? FileState::Preserving : FileState::Waiting;
        }
        census_.enterAll(session);
    }
}

void Registry::snapshot(const std::function<void(const Record&)>& emit) const {
    emit(boot_);
    for (const auto& [id, session] : sessions_) {
        emit(SessionAdded{withoutFiles(session)});
        constexpr std::size_t filesARecord = 64;
        FilesListed listed{id, {}};
        for (const auto& [token, file] : session.files) {
            listed.files.push_back(file);
            if (listed.files.size() == filesARecord) {
                emit(listed);
                listed.files.clear();
            }
        }
        if (!listed.files.empty())
            emit(listed);
    }
    updates_.snapshot(boot_.handover, emit);
    emit(SnapshotComplete{});
}

} // namespace luod::core
