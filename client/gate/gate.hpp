// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What stands between shutdowns and live updates.
//
//   somebody asks logind for a kexec   -> the barrier; then the delay lock is dropped, or the shutdown is stopped
//   luod wants to go over by systemd   -> the shutdown is asked for
//   kexec.target is started by itself  -> the gate is stopped before everything else, and asks then (terminate)

#include "barrier.hpp"
#include "logind.hpp"
#include "luod.hpp"
#include "manager.hpp"
#include "timer.hpp"

#include <optional>
#include <string>

namespace luod::gate {

struct Paths {
    explicit Paths(const std::string& root);
    std::string kexecLoaded; // "1" while a next kernel is loaded
    std::string departing;   // there while the shutdown has been let go; see proto/names.hpp
    std::string forbidden;   // there while we keep kexec.target masked
    std::string devices;     // where terminals are
};

class Gate {
public:
    Gate(sd_event* loop, Paths paths);
    void start();
    void terminate(); // SIGTERM

private:
    enum class State {
        Watching,
        Asking,   // a shutdown is put off while the barrier is under way
        Stopping, // it is being stopped
        LetGo,    // it goes on, or is none of our business
        Last,     // told to stop while kexec.target is on its way: asking nevertheless
    };
    void prepare(bool start, const std::optional<std::string>& type);
    bool goesToKexec(const std::optional<std::string>& type);
    void beginBarrier(std::uint64_t time);
    void decided(const Barrier::Verdict& verdict);
    void letGo(const Barrier::Verdict& verdict);
    void stopShutdown(const std::string& why);
    void cameToNothing();
    void phaseChanged();
    void goOver();
    void endOrderly();
    void clearShutdown(const std::string& why);
    void takeLock();
    void allowKexec();
    void tell(const std::string& why);
    void markDeparting(bool departing);
    void exit();

    sd_event* loop_;
    Paths paths_;
    Bus bus_;
    Logind logind_;
    Manager manager_;
    Luod luod_;
    Barrier barrier_;
    Timer patience_;
    State state_ = State::Watching;
    bool ending_ = false; // told to stop, as soon as what is begun has an end
};

} // namespace luod::gate
