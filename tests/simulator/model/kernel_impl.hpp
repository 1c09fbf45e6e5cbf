// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Inside the model. The names are the kernel's: luo_file, luo_session, the two lists, the FLB's two halves.

#include "flb_registry.hpp"
#include "luo.hpp"
#include "module_pins.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace luosim::model {

/// struct luo_file.
struct LuoFile {
    std::shared_ptr<FileHandler> handler;
    FileRef file;
    Blob data;
    int retrieveStatus = 0;
    std::uint64_t token = 0;
    std::vector<std::shared_ptr<Flb>> heldFlbs; ///< outgoing: those whose count this file raised
    bool outgoing = true;                       ///< preserved in this boot, not handed over
    bool frozen = false;
    bool invalid = false;
};

/// struct luo_file_set: the files of a session in the order they came, found by token without a walk, since there may
/// be a hundred thousand.
class FileSet {
public:
    void add(std::shared_ptr<LuoFile> file) {
        byToken_.emplace(file->token, file);
        files_.push_back(std::move(file));
    }
    /// Null when there is none.
    std::shared_ptr<LuoFile> find(std::uint64_t token) const {
        const auto found = byToken_.find(token);
        return found == byToken_.end() ? nullptr : found->second;
    }
    const std::shared_ptr<LuoFile>& back() const { return files_.back(); }
    void removeLast() {
        byToken_.erase(files_.back()->token);
        files_.pop_back();
    }
    void clear() {
        byToken_.clear();
        files_.clear();
    }
    bool empty() const { return files_.empty(); }
    std::size_t size() const { return files_.size(); }
    auto begin() const { return files_.begin(); }
    auto end() const { return files_.end(); }

private:
    std::vector<std::shared_ptr<LuoFile>> files_;
    std::unordered_map<std::uint64_t, std::shared_ptr<LuoFile>> byToken_;
};

/// struct luo_session.
struct LuoSession {
    SessionId id = 0;
    std::string name;
    bool retrieved = false;
    bool open = false; ///< somebody has an fd of it
    bool abandoned = false;
    FileSet files;
};
using SessionList = std::vector<std::shared_ptr<LuoSession>>;

struct Kernel::Impl {
    Profile profile;
    Handover handover; ///< what came, until the first open has read it
    FaultTable* faults = nullptr;
    Arrival arrival = Arrival::cold;
    std::uint64_t liveupdateNumber = 0;

    bool deviceOpen = false;
    bool deserialized = false;
    int deserializeError = 0;
    bool frozen = false;
    SessionId lastId = 0;

    SessionList outgoing;
    SessionList incoming;
    SessionList frozenSessions; ///< what the freeze wrote down; later changes do not reach it
    std::vector<FlbSer> frozenFlbs;
    /// luo_preserved_files: what handlers hold, by their own idea of which files are the same, and how often (7.0 takes
    /// one twice).
    std::map<std::pair<const FileHandler*, std::uint64_t>, unsigned> preservedFiles;
    bool anyInvalid = false; ///< somebody was invalidated in this boot: only then is it worth a look

    ModulePins pins;
    FlbRegistry flbs{pins};
    std::vector<std::shared_ptr<FileHandler>> handlers;
    std::vector<Module> modules;
    std::vector<std::string> log;

    // boot.cpp
    void boot();
    Status deserializeOnce(int injected);
    Status deserializeSession(const SessionSer& ser);
    Status deserializeFile(LuoSession& session, const FileSer& ser);

    // luo_session.cpp
    bool enabled() const;
    bool blocked() const { return frozen && profile.rules.blocksAfterFreeze; }
    int strike(Point point, std::string_view session = {}, std::optional<std::uint64_t> token = {},
               Stage stage = Stage::call) const;
    std::shared_ptr<LuoSession> findOpen(SessionId id) const;
    /// What every session ioctl goes through before it does its own work.
    Result<std::shared_ptr<LuoSession>> enter(SessionId id, Point point, std::optional<std::uint64_t> token,
                                              std::optional<bool> wantRetrieved) const;
    void forget(const LuoSession& session);

    // luo_file.cpp
    std::shared_ptr<FileHandler> findHandler(const File& file) const;
    bool preserved(const FileHandler& handler, const File& file) const;
    void hold(const LuoFile& luoFile);
    void drop(const LuoFile& luoFile);
    bool invalidated(const File& file) const;
    Status preserveFile(LuoSession& session, std::uint64_t token, const FileRef& file);
    Status preserveWith(LuoSession& session, const std::shared_ptr<LuoFile>& luoFile);
    void unpreserveFiles(LuoSession& session);

    // luo_file_next.cpp: the life of a file in the next kernel
    Result<FileRef> retrieveFile(LuoSession& session, std::uint64_t token);
    Status canFinishFiles(LuoSession& session, bool closing);
    Status finishFiles(LuoSession& session, bool closing);

    // reboot.cpp
    Status freezeFiles(LuoSession& session);
    Status serialize();
    void writeDown();
};

/// The session as its handlers see it.
class SessionView final : public SessionFiles, public FlbObjects {
public:
    SessionView(Kernel::Impl& kernel, LuoSession& session) : kernel_(kernel), session_(session) {}
    std::optional<std::uint64_t> tokenOf(const File& file) const override;
    Result<FileRef> incomingFile(std::uint64_t token) override;
    Result<Blob*> incoming(const Flb& flb) override { return kernel_.flbs.incoming(flb); }
    Result<Blob*> outgoing(const Flb& flb) override { return kernel_.flbs.outgoing(flb); }
    FileOpArgs args(LuoFile& file) { return {*this, *this, file.file, file.data, file.retrieveStatus}; }

private:
    Kernel::Impl& kernel_;
    LuoSession& session_;
};

} // namespace luosim::model
