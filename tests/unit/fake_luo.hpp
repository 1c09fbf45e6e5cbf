// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The kernel's part of the world that core sees, and the script by which any part of it fails.

#include "core/ports.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <functional>
#include <list>
#include <map>
#include <poll.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <vector>

namespace luod::test {

using namespace luod::core;

inline UniqueFd dupOf(int fd) {
    return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

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
    bool carriesSeals(int) override { return seals; }

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
    bool seals = true;
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

} // namespace luod::test
