// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A random program that runs against the model. Every step is held against rules that were written without looking at
// the model.

#include "random_rules.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace luosim::model {

class RandomProgram {
public:
    RandomProgram(const std::string& profile, unsigned seed) : random_(seed), machine_(profile) {
        for (int i = 0; i < 8; ++i)
            drop(pick(2) ? FileKind::memfd : FileKind::hugetlbMemfd);
        machine_.bus.plug("vfio0");
    }

    void step() {
        const State before = machine_.state();
        const auto [what, result, mayChange] = act();
        const std::string said = what + " -> " + std::to_string(result);
        ++(result == 0 ? went_ : refused_)[what];
        if (result != 0 && !mayChange) {
            EXPECT_EQ(before, machine_.state()) << said << ": failed and yet changed something";
        }
        rules_.check(said);
    }

    /// How often each thing was done, and how often it was refused.
    const std::map<std::string, int>& went() const { return went_; }
    const std::map<std::string, int>& refused() const { return refused_; }

private:
    struct Done {
        std::string what;
        int result;
        bool mayChange; ///< even when it fails
    };

    unsigned pick(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }
    std::string anyName() { return "s" + std::to_string(pick(4)); }
    std::uint64_t anyToken() { return pick(4); }

    /// The program closes its fd of a file and opens a new one.
    void drop(FileKind kind) {
        auto file = makeMemfd("content " + std::to_string(pick(1000)), kind);
        if (!files_.empty() && pick(4) == 0)
            file = std::make_shared<FakeMemfd>(files_[pick(files_.size())]->inode); // opened again
        watched_.push_back(file);
        if (files_.size() < 8)
            files_.push_back(file);
        else
            files_[pick(8)] = file;
    }

    /// Mostly one of `list`, so that enough goes well; sometimes any, so that enough is refused.
    SessionState oneOf(std::vector<SessionState> State::*list) {
        State now = machine_.state();
        std::vector<SessionState> sessions = now.*list;
        if (sessions.empty() || pick(8) == 0) {
            sessions = now.outgoing;
            sessions.insert(sessions.end(), now.incoming.begin(), now.incoming.end());
        }
        return sessions.empty() ? SessionState{} : sessions[pick(sessions.size())];
    }
    SessionState outgoing() { return oneOf(&State::outgoing); }
    SessionState incoming() { return oneOf(&State::incoming); }
    SessionId anySession() { return pick(2) ? outgoing().id : incoming().id; }

    Done act() {
        Kernel& kernel = machine_.kernel;
        const unsigned dice = pick(100);
        if (dice < 8)
            return {"create", code(kernel.createSession(anyName())), false};
        if (dice < 32)
            return {"preserve", code(kernel.preserveFd(outgoing().id, anyToken(), files_[pick(files_.size())])), false};
        if (dice < 38)
            return preserveDevice();
        if (dice < 42)
            return {"close", code(kernel.closeSession(anySession())), true};
        if (dice < 54)
            return {"retrieve session", code(kernel.retrieveSession(pick(4) ? incoming().name : anyName())), false};
        if (dice < 80)
            return retrieve();
        if (dice < 86)
            return {"finish", code(kernel.finish(incoming().id)), false};
        if (dice < 92) {
            drop(pick(2) ? FileKind::memfd : FileKind::hugetlbMemfd);
            return {"drop", 0, false};
        }
        return dice < 95 ? fault() : reboot();
    }

    Done retrieve() {
        const SessionState from = incoming();
        const auto token = from.files.empty() || pick(8) == 0 ? anyToken() : from.files[pick(from.files.size())].token;
        auto file = machine_.kernel.retrieveFd(from.id, token);
        if (file)
            if (auto device = std::dynamic_pointer_cast<VfioFile>(*file); device && pick(2))
                device->bind(machine_.bus.openIommufd());
        if (file)
            if (auto memfd = std::dynamic_pointer_cast<FakeMemfd>(*file)) {
                files_[pick(files_.size())] = memfd;
                if (std::ranges::none_of(watched_, [&](const auto& w) { return w.lock() == memfd; }))
                    watched_.push_back(memfd);
            }
        return {"retrieve", code(file), true}; // errors stick
    }

    Done preserveDevice() {
        auto device = machine_.bus.open("vfio0");
        if (!device)
            return {"open device", device.error(), false};
        auto iommufd = machine_.bus.openIommufd();
        (*device)->bind(iommufd);
        (*device)->setInterrupts(pick(3) == 0);
        const SessionId session = outgoing().id;
        (void)machine_.kernel.preserveFd(session, 100, iommufd);
        const int result = code(machine_.kernel.preserveFd(session, 101, *device));
        if (result == 0 && pick(4) == 0)
            machine_.kernel.invalidate(**device);
        return {"preserve device", result, true};
    }

    Done fault() {
        static const char* const texts[] = {"preserve:handler:nth=1:errno=ENOMEM",
                                            "retrieve:handler:nth=1:errno=EIO",
                                            "finish:handler:nth=1:errno=EBUSY",
                                            "reboot:freeze:nth=2:errno=EAGAIN",
                                            "call:nth=3:errno=EINTR",
                                            "kexec:nth=1:power-loss"};
        if (machine_.faults.faults().size() > 5)
            machine_.faults.clear();
        machine_.faults.add(*parseFault(texts[pick(std::size(texts))]));
        return {"fault", 0, false};
    }

    /// What the next kernel must find, by session and token.
    using Luggage = std::map<std::string, std::map<std::uint64_t, std::string>>;
    Luggage packed() {
        Luggage luggage;
        for (const SessionState& s : machine_.state().outgoing) {
            auto& mine = luggage[s.name];
            for (const FileState& f : s.files)
                mine[f.token] = f.compatible;
        }
        return luggage;
    }

    Done reboot() {
        const Luggage luggage = packed();
        const State before = machine_.state();
        if (!machine_.reboot()) {
            EXPECT_EQ(before, machine_.state()) << "a failed freeze";
            return {"reboot", machine_.freezeResult, false};
        }
        (void)machine_.kernel.openDevice(); // when a fault struck the first try
        files_.clear();                     // all programs died with their kernel
        for (int i = 0; i < 8; ++i)
            drop(pick(2) ? FileKind::memfd : FileKind::hugetlbMemfd);
        Luggage arrived;
        for (const SessionState& s : machine_.state().incoming) {
            EXPECT_FALSE(s.retrieved);
            auto& mine = arrived[s.name];
            for (const FileState& f : s.files)
                mine[f.token] = f.compatible;
        }
        const bool cold = machine_.kernel.arrival() == Arrival::cold;
        EXPECT_EQ(cold ? Luggage{} : luggage, arrived);
        EXPECT_TRUE(machine_.state().outgoing.empty());
        return {"reboot", 0, true};
    }

    std::mt19937 random_;
    Machine machine_;
    std::vector<std::shared_ptr<FakeMemfd>> files_;
    std::vector<std::weak_ptr<FakeMemfd>> watched_;
    RandomRules rules_{machine_, files_, watched_};
    std::map<std::string, int> went_;
    std::map<std::string, int> refused_;
};

} // namespace luosim::model
