// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What luod knows: the fold of the ledger's records. Nothing changes it but apply(), so a replay of the ledger after a
// crash, an upgrade or a kexec ends in the same state as the life that wrote it.

#include "core/census.hpp"
#include "core/limits.hpp"
#include "core/update_log.hpp"

#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

namespace luod::core {

class Registry {
public:
    void apply(const Record& record);

    const Session* find(SessionId id) const;
    const Session* find(uid_t owner, Direction direction, const std::string& name) const; // not the lost ones
    const std::map<SessionId, Session>& sessions() const { return sessions_; }
    bool isPreserved(const FileIdentity& identity) const { return identities_.contains(identity); }
    // Files whose devices are known, and not known to be gone.
    const std::set<std::pair<SessionId, Token>>& withDevices() const { return withDevices_; }
    Usage usage(uid_t owner) const; // of everything that is in the ledger
    Usage total() const;
    std::set<uid_t> users() const;  // who uses anything
    const Census& census() const { return census_; }
    const BootNoted& boot() const { return boot_; }
    SessionId nextId() const { return boot_.nextId; }
    const UpdateLog& updates() const { return updates_; } // all that is known of live updates

    // The kernel was replaced: what was outgoing is incoming now; what was incoming and unfinished is lost; file
    // identities mean nothing any more. `boot` is the new one.
    void crossOver(BootNoted boot);
    void noteHandover(Handover handover) { on(VerdictMade{handover, {}}); }

    // Records that rebuild this state in an empty registry, SnapshotComplete last.
    void snapshot(const std::function<void(const Record&)>& emit) const;

private:
    struct IdentityHash {
        std::size_t operator()(const FileIdentity& f) const { return f.inode * 0x9e3779b97f4a7c15 ^ f.device; }
    };
    using NameKey = std::tuple<uid_t, Direction, std::string>;

    void on(const BootNoted& record);
    void on(const SessionAdded& record);
    void on(const SessionGone& record);
    void on(const SessionLent& record);
    void on(const SessionStateChanged& record);
    void on(const FilesListed& record);
    void on(const FilesPreserved& record);
    void on(const FilesDropped& record);
    void on(const FileAnnotated& record);
    void on(const FilesRetrieved& record);
    void on(const SnapshotComplete&) {}
    void on(const SessionCarried& record);
    void on(const VerdictMade& record);
    void on(const FilesInvalidated& record);
    template <typename T> void on(const T& record) { updates_.on(record); }

    Session* mine(SessionId id);
    File* mine(SessionId id, Token token);
    void setState(SessionId id, const std::vector<Token>& tokens, FileState state);
    void remember(const Session& session);
    void forget(const Session& session);
    void addFile(Session& session, const File& file);
    void dropFile(Session& session, Token token);
    void count(uid_t owner, const Usage& more, bool plus);

    BootNoted boot_;
    UpdateLog updates_;
    std::map<SessionId, Session> sessions_;
    std::map<NameKey, SessionId> byName_;
    std::unordered_set<FileIdentity, IdentityHash> identities_;
    std::set<std::pair<SessionId, Token>> withDevices_;
    std::map<uid_t, Usage> users_;
    Usage total_;
    Census census_;
};

} // namespace luod::core
