// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The mock's sessions: a luod in memory, just good enough to be asked.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <vector>

namespace mock {

struct Unref {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

struct File {
    int fd = -1;
    bool noted = false; // the kernel has it, luod knows of it too
    std::string name, kind = "memfd";
    bool retrieved = false;
    uint64_t size = 0;
    Message metadata; // a{sv}, sealed
};

struct Session {
    std::string path, name;
    uint32_t owner = 0;
    bool incoming = false, lent = false;
    bool bound = false; // to its unit
    std::map<uint64_t, File> files;
};

struct Failure {
    std::string error, message;
};

struct Inhibitor {
    std::string who, why, mode;
    uint64_t deadline = 0;
};

// The live update, as far as it is played.
struct Update {
    std::string phase = "idle", uuid, mode;
    std::string handover = "done", handoverReason;
    std::string outcome; // of an update before this start; "": there was none
    std::string kernelPath, release, cmdline;
    std::vector<std::string> awaited;
    std::map<int, Inhibitor> inhibitors; // by our end of their lock
    Message findings, report;            // what Check and GetReport answer, sealed
    bool holdReply = false;              // LiveUpdate is answered when the phase changes
    Message held;
};

struct State {
    Update update;
    std::map<std::string, unsigned> calls;   // by method: how often it was called
    std::map<std::string, std::string> seen; // by method: with what, in the test's words
    sd_event* event = nullptr;
    sd_bus* bus = nullptr;
    std::map<std::string, std::unique_ptr<Session>> sessions; // by path
    std::map<std::string, Failure> failures;                  // by method: what its next calls are answered
    int kernelError = 0;                                      // what the next ioctls are answered
    int count = 0;
};

// 0, or what goes back to the caller as an error.
struct Answered {
    const char* error = nullptr; // org.luod1.Error.*'s last word
    std::string message;
};

// What the fake ioctl asks.
int kernelPreserve(State& state, Session& session, uint64_t token, int fd);
int kernelRetrieve(State& state, Session& session, uint64_t token);
// A socket on which fake ioctls for the session are answered.
int lend(State& state, Session& session);

} // namespace mock
