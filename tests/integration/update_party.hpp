// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "client.hpp"

#include <functional>
#include <list>
#include <string>
#include <vector>

namespace luod::tests {

// A program that has a say in live updates: it takes a lock, hears of the update, and is ready when it is told to be.
class Party {
public:
    Party(const World& world, const std::string& who, const std::string& mode = "delay", std::uint64_t deadline = 0,
          uid_t user = 0);

    Answer taken;         // of Inhibit
    void ready() { lock_.reset(); }
    bool hasLock() const { return bool(lock_); }

    struct Heard {
        int type = 0; // LUOD_EVENT_PREPARE or LUOD_EVENT_OVER; 0: nothing came
        std::string update, mode, outcome, reason;
    };
    Heard hear(std::chrono::microseconds patience = std::chrono::seconds(20));
    Client& client() { return client_; }

private:
    Client client_;
    core::UniqueFd lock_;
};

// What an update needs besides sessions.
class Lead {
public:
    explicit Lead(World& world) : client(world) {}
    Client client;

    Answer load(const std::string& cmdline = "liveupdate=on kho=on", unsigned flags = 0); // what the simulator takes for a kernel
    Answer load(int kernel, int initrd, const std::string& cmdline = "", unsigned flags = 0);
    std::string cmdline;                                              // as it was loaded
    struct Wish {
        const char* mode = "direct";
        std::chrono::microseconds deadline{};
        const char* late = nullptr;
        std::vector<const char*> force = allThatNeedsAnImage();
        const char* reason = nullptr;
    };
    Answer begin(Wish wish);
    Answer begin() { return begin(Wish()); }
    std::string update; // the uuid of the last begun
    Answer abort(const std::string& reason);

    std::string phase();
    void waitPhase(const std::string& phase);
    std::string handover();       // LastHandover
    std::string handoverReason();
    // A line a moment, "what subject detail"; of the update, or of the last one. The outcome stands in the first line.
    std::string report(const char* update = nullptr);
    std::vector<std::string> findings(const char* mode = "direct"); // "name verdict"
    std::vector<std::string> inhibitors();                          // "who: why, mode, uid, deadline, state"
    std::vector<std::string> awaited();                             // "who, uid, for how long" (microseconds)

    // The made-up kernel says nothing of itself, and there is neither systemd nor its gate: what the check cannot know.
    static std::vector<const char*> allThatNeedsAnImage();

private:
    struct Status {
        std::string phase, handover, reason;
    };
    Status status();
};

} // namespace luod::tests
