// SPDX-License-Identifier: LGPL-2.1-or-later
#include "crowd.hpp"

#include "client.hpp"

#include <chrono>
#include <csignal>
#include <grp.h>
#include <iterator>
#include <sys/wait.h>
#include <thread>

namespace soak {
namespace {

void becomeAlice() {
    constexpr uid_t alice = 1000;
    if (initgroups("alice", alice) < 0 || setgid(alice) < 0 || setuid(alice) < 0)
        lost("there is no alice");
}

// One client's life: a quarter of them are not root, and they come and go.
void live(const Plan& plan, unsigned number, Task task) {
    if (number % 4 == 3)
        becomeAlice();
    Random random(number);
    Client client;
    for (const Session& session : plan.sessions) {
        if (session.client != number)
            continue;
        if (below(random, 10) == 0)
            client.goAndComeBack();
        if (task == Task::Fill)
            client.fill(session);
        else if (task == Task::Verify)
            client.verify(session);
        else
            client.expectFilled(session), client.discard(session);
    }
}

class Crowd {
public:
    Crowd(const Plan& plan, Task task, Killer& killer) : plan_(plan), task_(task), killer_(killer) {
        for (unsigned number = 0; number < plan.clients; ++number)
            begin(number);
    }
    bool isThrough() const { return running_.empty(); }
    // Only who fills may be killed itself: what it did is there to be found. What it verified is gone.
    void strike() { killer_.strike(task_ == Task::Fill ? running_ : std::map<pid_t, unsigned>()); }
    // Sees to one that has ended; false where none has.
    bool reap(int options) {
        int status = 0;
        auto at = running_.find(waitpid(-1, &status, options));
        if (at == running_.end())
            return false;
        unsigned number = at->second;
        running_.erase(at);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
            begin(number);
        else if (status != 0)
            lost("client " + std::to_string(number) + " ended with " + std::to_string(status));
        return true;
    }

private:
    void begin(unsigned number) {
        pid_t pid = fork();
        if (pid == 0) {
            live(plan_, number, task_);
            std::_Exit(0);
        }
        running_[pid] = number;
    }

    const Plan& plan_;
    Task task_;
    Killer& killer_;
    std::map<pid_t, unsigned> running_;
};

} // namespace

Killer::Killer(std::uint64_t seed, unsigned kills) : random_(seed), left_(kills) {
    if (sd_bus_open_system(&bus_) < 0)
        lost("the bus cannot be reached");
}

void Killer::strike(const std::map<pid_t, unsigned>& running) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + below(random_, 1000)));
    auto what = below(random_, 8);
    auto which = long(below(random_, running.size() + 1));
    if (what == 0)
        restartLuod();
    else if (what != 1)
        killLuod();
    else if (which < long(running.size()) && kill(std::next(running.begin(), which)->first, SIGKILL) == 0)
        ++clients;
}

void Killer::killLuod() {
    sd_bus_message* reply = nullptr;
    std::uint32_t pid = 0;
    if (sd_bus_call_method(bus_, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "GetConnectionUnixProcessID", nullptr, &reply, "s", "org.luod1") >= 0 &&
        sd_bus_message_read(reply, "u", &pid) >= 0 && ::kill(pid_t(pid), SIGKILL) == 0) {
        ++kills;
        --left_;
    }
    sd_bus_message_unref(reply);
}

void Killer::restartLuod() {
    if (sd_bus_call_method(bus_, "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                           "RestartUnit", nullptr, nullptr, "ss", "luod.service", "replace") >= 0)
        ++restarts;
}

void carryOut(const Plan& plan, Task task, Killer& killer) {
    Crowd crowd(plan, task, killer);
    while (!crowd.isThrough()) {
        if (killer.isThrough()) {
            crowd.reap(0);
            continue;
        }
        crowd.strike();
        while (crowd.reap(WNOHANG))
            continue;
    }
}

} // namespace soak
