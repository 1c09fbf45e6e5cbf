// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "control.hpp"
#include "fd_store.hpp"
#include "notify_socket.hpp"
#include "service.hpp"

#include <optional>
#include <string>
#include <vector>

namespace luod::tests {

struct ManagerSetup {
    std::vector<std::string> command;
    std::string unit = "luod.service";
    std::string control; // path of the control socket, or ""
    std::size_t storeCapacity = 4096;
    bool restart = true;    // Restart=always; otherwise no
    bool notifyAll = false; // NotifyAccess=all; otherwise main
    std::optional<std::chrono::microseconds> watchdog;
    std::chrono::microseconds stopTimeout = std::chrono::seconds(10);
    bool carry = true; // as systemd 261 does; without it as those before
    bool mayKexec = false;
    std::string image, imageCommandLine; // loaded before a kexec when nothing is
};

// Plays systemd's part for one service: its fd store, its notify socket, its restarts, and its way over a kexec.
class Manager {
public:
    explicit Manager(ManagerSetup setup);
    int run(); // until SIGTERM or SIGINT, or without a control socket until the service is dead for good: exit status

private:
    // Dying: it has been sent a signal, and what it still says of being ready counts for nothing.
    enum class State { Stopped, Starting, Ready, Reloading, Dying, Failed };
    enum class WaitFor { Ready, Stopped };
    struct Waiter {
        Control::Client client;
        WaitFor what;
    };

    void start();
    void end(int signal, std::function<void()> whenDead);
    void whenDead();
    void buryTheRest();
    void restartAfterDeath();
    void settle(State state);

    void drainNotifications();
    void handle(Notification message);
    void handleStore(Notification& message);
    void petWatchdog();

    void command(Control::Client client, const std::string& line);
    void ok(Control::Client client, const std::string& more = "");
    void clean(Control::Client client);
    void kexec(Control::Client client);
    void kexecDirect(Control::Client client);
    void kill(Control::Client client);
    void list(Control::Client client);
    void pid(Control::Client client);
    void reload(Control::Client client);
    void restart(Control::Client client);
    void startByHand(Control::Client client);
    void status(Control::Client client);
    void stop(Control::Client client);
    void waitReady(Control::Client client);
    bool mayKexec(Control::Client client);
    void answer(WaitFor what, const std::string& line);
    bool running() const { return instance_.pid > 0; }

    ManagerSetup setup_;
    Loop loop_;
    FdStore store_;
    NotifySocket notify_;
    core::UniqueFd signals_, watchdogTimer_, stopTimer_;
    rlimit files_{};
    std::optional<Control> control_;
    Instance instance_;
    core::UniqueFd rest_; // pidfd of a child that has outlived the instance
    State state_ = State::Stopped;
    std::string statusText_;
    std::function<void()> next_; // what to do when the instance is dead; empty: what Restart= says
    std::vector<Waiter> waiters_;
    int failedStarts_ = 0;
    bool failedStart_ = false; // died before it was ready
    int lastExit_ = 0;
    bool leaving_ = false;
};

} // namespace luod::tests
