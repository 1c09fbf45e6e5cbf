// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The world as core sees it, in memory. Everything but FakeWorkers and FakeEvents outlives a luod that is killed.

#include "core/custodian.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <poll.h>
#include <set>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <vector>

namespace luod::test {

using namespace luod::core;

inline UniqueFd dupOf(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

inline FileIdentity identityOf(int fd) {
    struct stat is {};
    if (::fstat(fd, &is) != 0)
        return {};
    return {is.st_dev, is.st_ino};
}

// A file to hand over, and how to tell it from others.
inline UniqueFd memfd(const std::string& content) {
    UniqueFd fd(::memfd_create("file", MFD_CLOEXEC));
    (void)!::pwrite(fd.get(), content.data(), content.size(), 0);
    return fd;
}
inline std::string contentOf(int fd) {
    std::string content(std::size_t(std::max<off_t>(0, ::lseek(fd, 0, SEEK_END))), '\0');
    (void)!::pread(fd, content.data(), content.size(), 0);
    return content;
}

struct Killed {};

// Every call of a port passes through here: one can be made to fail, or to be luod's last.
class Script {
public:
    // 0, or the errno this call is to fail with.
    int call(const std::string& name) {
        ++calls;
        if (calls == killAt) {
            killedIn = name;
            if (onKill)
                onKill();
            throw Killed{};
        }
        auto& row = errnos_[name];
        if (row.empty())
            return 0;
        int err = row.front();
        row.pop_front();
        return err;
    }
    void fail(const std::string& name, int err, std::size_t after = 0, std::size_t times = 1) {
        auto& row = errnos_[name];
        row.clear();
        row.insert(row.end(), after, 0);
        row.insert(row.end(), times, err);
    }
    void always(const std::string& name, int err) { fail(name, err, 0, 10000); }
    void calm() { errnos_.clear(), killAt = 0, calls = 0; }

    std::size_t calls = 0, killAt = 0;
    std::string killedIn;
    std::function<void()> onKill;

private:
    std::map<std::string, std::deque<int>> errnos_;
};

// A session's fd is the write end of a pipe: when the last copy is closed, the kernel's read end hangs up.
class FakeLuo : public Luo {
public:
    explicit FakeLuo(Script& script) : script_(script) {}

    struct KernelSession {
        std::string name;
        bool incoming = false, retrieved = false, finished = false;
        std::map<Token, UniqueFd> files;
        UniqueFd end;
    };

    Errno<UniqueFd> createSession(const std::string& name) override {
        if (int err = script_.call("create"))
            return std::unexpected(err);
        if (find(name, false))
            return std::unexpected(EEXIST);
        sessions_.push_back({.name = name});
        return open(sessions_.back());
    }
    Errno<UniqueFd> retrieveSession(const std::string& name) override {
        if (int err = script_.call("retrieveSession"))
            return std::unexpected(err);
        return handOut(name);
    }
    Errno<> preserve(int session, int fd, Token token) override {
        if (int err = script_.call("preserve"))
            return std::unexpected(err);
        auto* s = of(session);
        if (!s || s->incoming)
            return std::unexpected(EINVAL);
        if (s->files.contains(token))
            return std::unexpected(EEXIST);
        if (s->files.size() >= maxFiles)
            return std::unexpected(ENOSPC);
        auto identity = identityOf(fd);
        if (!identity.known())
            return std::unexpected(EBADF);
        if (unsupported.contains(identity))
            return std::unexpected(ENOENT);
        if (isPreserved(identity))
            return std::unexpected(EBUSY);
        s->files.emplace(token, dupOf(fd));
        return {};
    }
    Errno<UniqueFd> retrieve(int session, Token token) override {
        if (int err = script_.call("retrieve"))
            return std::unexpected(err);
        auto* s = of(session);
        if (!s || !s->incoming)
            return std::unexpected(EINVAL);
        if (!s->files.contains(token))
            return std::unexpected(ENOENT);
        return dupOf(s->files.at(token).get());
    }
    Errno<> finish(int session) override {
        if (int err = script_.call("finish"))
            return std::unexpected(err);
        auto* s = of(session);
        if (!s || !s->incoming)
            return std::unexpected(EINVAL);
        s->finished = true;
        s->files.clear();
        return {};
    }
    Errno<bool> holds(int session, Token token) override {
        if (int err = script_.call("holds"))
            return std::unexpected(err);
        auto* s = of(session);
        if (!s || s->incoming)
            return std::unexpected(EINVAL);
        return s->files.contains(token);
    }

    // What a test may ask and do; none of it is luod's.
    Errno<UniqueFd> handOut(const std::string& name) {
        auto* s = find(name, true);
        if (!s)
            return std::unexpected(ENOENT);
        if (s->retrieved)
            return std::unexpected(EINVAL);
        s->retrieved = true;
        return open(*s);
    }
    KernelSession* find(const std::string& name, bool incoming) {
        reap();
        for (auto& s : sessions_)
            if (s.name == name && s.incoming == incoming)
                return &s;
        return nullptr;
    }
    KernelSession* of(int fd) {
        reap();
        auto identity = identityOf(fd);
        for (auto& s : sessions_)
            if (s.end && identity.known() && identityOf(s.end.get()) == identity)
                return &s;
        return nullptr;
    }
    bool isPreserved(const FileIdentity& identity) {
        return std::ranges::any_of(sessions_, [&](auto& s) {
            return std::ranges::any_of(s.files, [&](auto& f) { return identityOf(f.second.get()) == identity; });
        });
    }
    // What is outgoing comes in; what was incoming is not carried on.
    void kexec() {
        reap();
        std::erase_if(sessions_, [](auto& s) { return s.incoming; });
        for (auto& s : sessions_) {
            s.incoming = true;
            s.end.reset();
        }
    }
    const std::list<KernelSession>& sessions() {
        reap();
        return sessions_;
    }

    std::size_t maxFiles = 100000;
    std::set<FileIdentity> unsupported;
    std::vector<std::string> thrownAway; // retrieved sessions whose last fd was closed though nobody had finished them

private:
    UniqueFd open(KernelSession& s) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
        s.end.reset(ends[0]);
        return UniqueFd(ends[1]);
    }
    void reap() {
        std::erase_if(sessions_, [this](KernelSession& s) {
            pollfd poll{s.end.get(), 0, 0};
            bool closed = s.end && ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLHUP);
            if (closed && s.incoming && !s.finished)
                thrownAway.push_back(s.name);
            return closed;
        });
    }

    Script& script_;
    std::list<KernelSession> sessions_;
};

// As PID 1 keeps it: it acts on a removal when it gets round to it, at the latest when somebody waits for that.
class FakeFdStore : public FdStore {
public:
    explicit FakeFdStore(Script& script) : script_(script) {}

    Errno<> store(const std::string& name, int fd) override {
        if (int err = script_.call("store"))
            return std::unexpected(err);
        put(name, fd);
        return {};
    }
    void remove(const std::string& name) override {
        if (script_.call("remove"))
            return; // the message did not get through
        for (auto [at, end] = fds_.equal_range(name); at != end; at = fds_.erase(at))
            limbo_.push_back(std::move(at->second));
    }
    Errno<> settle() override {
        if (int err = script_.call("settle"))
            return std::unexpected(err);
        catchUp();
        return {};
    }
    std::size_t capacity() const override { return room; }

    void put(const std::string& name, int fd) {
        if (fds_.size() >= room)
            return; // PID 1 closes what it has no room for, and says so only in its own log
        for (const auto& [other, stored] : fds_)
            if (identityOf(stored.get()) == identityOf(fd))
                return;
        fds_.emplace(name, dupOf(fd));
    }
    void catchUp() { limbo_.clear(); }
    void clearAfter(const std::function<void()>& what) { what(), fds_.clear(), catchUp(); }
    void lose(const std::string& name) { fds_.erase(name); }
    bool contains(const std::string& name) const { return fds_.contains(name); }
    const std::multimap<std::string, UniqueFd>& fds() const { return fds_; }
    std::set<std::string> names() const {
        std::set<std::string> names;
        for (const auto& [name, fd] : fds_)
            names.insert(name);
        return names;
    }

    std::size_t room = 100000;

private:
    Script& script_;
    std::multimap<std::string, UniqueFd> fds_;
    std::vector<UniqueFd> limbo_;
};

// A ledger's bytes in a memfd, so that they travel as fds do.
class FakeLedgerBytes : public LedgerBytes {
public:
    FakeLedgerBytes(Script& script, UniqueFd fd) : script_(script), fd_(std::move(fd)) {}

    std::size_t size() const override {
        struct stat is {};
        return ::fstat(fd_.get(), &is) == 0 ? std::size_t(is.st_size) : 0;
    }
    Errno<> write(std::size_t offset, std::string_view bytes) override {
        int err = 0;
        try {
            err = script_.call("write");
        } catch (const Killed&) {
            put(offset, bytes.substr(0, std::min(bytes.size(), std::exchange(tornAfter, 0))));
            throw;
        }
        if (err) {
            put(offset, bytes.substr(0, std::min(bytes.size(), std::exchange(tornAfter, 0))));
            return std::unexpected(err);
        }
        put(offset, bytes);
        ++writes, written += bytes.size();
        return {};
    }
    Errno<std::string> read() const override {
        if (int err = script_.call("read"))
            return std::unexpected(err);
        return contentOf(fd_.get());
    }
    int fd() const override { return fd_.get(); }

    static inline std::size_t tornAfter = 0; // so many bytes of the next write that fails or is luod's last get through
    static inline std::size_t writes = 0, written = 0;

private:
    void put(std::size_t offset, std::string_view bytes) {
        if (::pwrite(fd_.get(), bytes.data(), bytes.size(), off_t(offset)) != ssize_t(bytes.size()))
            throw std::runtime_error("no memory for the fake ledger");
    }

    Script& script_;
    UniqueFd fd_;
};

class FakeLedgerMaker : public LedgerMaker {
public:
    explicit FakeLedgerMaker(Script& script) : script_(script) {}
    Errno<std::unique_ptr<LedgerBytes>> make(std::size_t size) override {
        if (int err = script_.call("make"))
            return std::unexpected(err);
        if (size > maxSize)
            return std::unexpected(ENOSPC);
        return empty(size);
    }
    Errno<std::unique_ptr<LedgerBytes>> adopt(UniqueFd fd) override {
        if (int err = script_.call("adopt"))
            return std::unexpected(err);
        return std::make_unique<FakeLedgerBytes>(script_, std::move(fd));
    }
    std::unique_ptr<FakeLedgerBytes> empty(std::size_t size) {
        UniqueFd fd = memfd("");
        if (::ftruncate(fd.get(), off_t(size)) != 0)
            throw std::runtime_error("no memory for the fake ledger");
        return std::make_unique<FakeLedgerBytes>(script_, std::move(fd));
    }
    std::size_t maxSize = 1 << 28;

private:
    Script& script_;
};

class FakeInspector : public FileInspector {
public:
    explicit FakeInspector(Script& script) : script_(script) {}
    Errno<Finding> inspect(int fd) override {
        if (int err = script_.call("inspect"))
            return std::unexpected(err);
        auto identity = identityOf(fd);
        if (!identity.known())
            return std::unexpected(EBADF);
        if (auto at = findings.find(fd); at != findings.end())
            return at->second;
        struct stat is {};
        ::fstat(fd, &is);
        return Finding{.kind = FileKind::Memfd, .readable = true, .writable = true, .size = std::uint64_t(is.st_size),
                       .identity = identity};
    }
    UniqueFd duplicate(int fd) override { return dupOf(fd); }
    std::map<int, Finding> findings; // by fd; what is not in it is an ordinary memfd

private:
    Script& script_;
};

// Jobs wait until the test lets them run; those with one key in the order given.
class FakeWorkers : public Workers {
public:
    void run(SessionId key, std::function<void()> job, std::function<void()> done) override {
        waiting_.push_back({key, std::move(job), std::move(done)});
    }
    // The thread's part of the first job with this key; deliver() does the loop's.
    void work(SessionId key) {
        auto at = std::ranges::find(waiting_, key, &Job::key);
        if (at == waiting_.end())
            throw std::runtime_error("no such job");
        Job job = std::move(*at);
        waiting_.erase(at);
        job.job();
        worked_.push_back(std::move(job));
    }
    void deliver() {
        while (!worked_.empty()) {
            Job job = std::move(worked_.front());
            worked_.pop_front();
            job.done();
        }
    }
    void drain() {
        for (deliver(); !waiting_.empty(); deliver())
            work(waiting_.front().key);
    }
    std::size_t waiting() const { return waiting_.size(); }

private:
    struct Job {
        SessionId key;
        std::function<void()> job, done;
    };
    std::deque<Job> waiting_, worked_;
};

class FakeEvents : public Events {
public:
    void sessionAdded(const Session& s) override { say("added {}", s.name); }
    void sessionGone(SessionId id, uid_t owner) override { say("gone {} of {}", id, owner); }
    void sessionChanged(const Session& s) override { say("changed {}", s.name); }
    void filesPreserved(const Session& s, const std::vector<Token>& t) override { say("preserved {}: {}", s.name, list(t)); }
    void fileTakenOut(const Session& s, Token t) override { say("taken out {}: {}", s.name, t); }
    void filesRetrieved(const Session& s, const std::vector<Token>& t) override { say("retrieved {}: {}", s.name, list(t)); }

    std::vector<std::string> take() { return std::exchange(said_, {}); }

private:
    static std::string list(const std::vector<Token>& tokens) { return fmt::format("{}", fmt::join(tokens, " ")); }
    template <typename... T> void say(fmt::format_string<T...> format, T&&... args) {
        said_.push_back(fmt::format(format, std::forward<T>(args)...));
    }
    std::vector<std::string> said_;
};

} // namespace luod::test
