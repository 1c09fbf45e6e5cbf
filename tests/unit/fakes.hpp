// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The world as core sees it, in memory. Everything but FakeWorkers and FakeEvents outlives a luod that is killed.

#include "core/custodian.hpp"
#include "unit/fake_luo.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace luod::test {

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
        return Finding{.kind = FileKind::Memfd,
                       .readable = true,
                       .writable = true,
                       .size = std::uint64_t(is.st_size),
                       .identity = identity};
    }
    Errno<Finding> findVfio(const std::string& address) override {
        for (const auto& [fd, finding] : findings)
            if (finding.pciAddress == address)
                return finding;
        return std::unexpected(ENODEV);
    }
    bool isThere(const Device& device) override { return !gone.contains(device.number); }
    UniqueFd duplicate(int fd) override { return dupOf(fd); }
    // As one finds a VFIO device at that PCI address.
    void isDevice(int fd, const std::string& number, const std::string& address) {
        findings[fd] = {.kind = FileKind::VfioCdev,
                        .identity = identityOf(fd),
                        .pciAddress = address,
                        .driver = "vfio-pci",
                        .device = {number, "../../devices/pci0000:00/" + address + "/vfio-dev/vfio" + number}};
    }
    std::set<std::string> gone; // numbers of devices that were unplugged
    std::map<int, Finding> findings; // by fd; what is not in it is an ordinary memfd

private:
    Script& script_;
};

// Jobs wait until the test lets them run; those with one key in the order given.
class FakeWorkers : public Workers {
public:
    void run(Turn turn, std::function<void()> job, std::function<void()> done) override {
        waiting_.push_back({turn.key, std::move(job), std::move(done)});
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
    void sessionGone(const Session& session) override { say("gone {} of {}", session.id, session.owner); }
    void sessionChanged(const Session& s) override { say("changed {}", s.name); }
    void filesPreserved(const Session& s, const std::vector<Token>& t) override {
        say("preserved {}: {}", s.name, list(t));
    }
    void fileTakenOut(const Session& s, Token t) override { say("taken out {}: {}", s.name, t); }
    void filesRetrieved(const Session& s, const std::vector<Token>& t) override {
        say("retrieved {}: {}", s.name, list(t));
    }
    void filesInvalidated(const Session& s, const std::vector<Token>& t) override {
        say("invalid {}: {}", s.name, list(t));
    }
    void sessionClaimed(const Session& s) override { ends.push_back("claimed " + s.name); }
    void sessionFinished(const Session& s) override { ends.push_back("finished " + s.name + (s.files.empty() ? "" : ", noted " + s.files.begin()->second.name)); }

    std::vector<std::string> take() { return std::exchange(said_, {}); }
    std::vector<std::string> ends; // of live updates, session by session

private:
    static std::string list(const std::vector<Token>& tokens) { return fmt::format("{}", fmt::join(tokens, " ")); }
    template <typename... T> void say(fmt::format_string<T...> format, T&&... args) {
        said_.push_back(fmt::format(format, std::forward<T>(args)...));
    }
    std::vector<std::string> said_;
};

} // namespace luod::test
