// SPDX-License-Identifier: LGPL-2.1-or-later
#include "manager.hpp"

#include "crossing.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace luod::tests {

constexpr int mostFailedStarts = 5; // in a row: systemd's StartLimitBurst=

template <typename... Args> static void say(fmt::format_string<Args...> format, Args&&... args) {
    fmt::print(stderr, "service-manager: {}\n", fmt::format(format, std::forward<Args>(args)...));
}

static void arm(int timer, std::chrono::microseconds after) { // 0: never
    itimerspec when{};
    when.it_value.tv_sec = after.count() / 1'000'000;
    when.it_value.tv_nsec = after.count() % 1'000'000 * 1000;
    timerfd_settime(timer, 0, &when, nullptr);
}

static core::UniqueFd newTimer() {
    return core::UniqueFd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}

// Room for a long store; the service is started with the limit as it was.
static rlimit raiseFileLimit() {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const rlimit most{before.rlim_max, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &most);
    return before;
}

Manager::Manager(ManagerSetup setup)
    : setup_(std::move(setup)), store_(loop_, setup_.storeCapacity), watchdogTimer_(newTimer()), stopTimer_(newTimer()),
      files_(raiseFileLimit()) {
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, &ours, nullptr);
    signals_.reset(signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));

    loop_.watch(notify_.fd(), EPOLLIN, [] {}); // emptied before every event
    loop_.watch(signals_.get(), EPOLLIN, [this] {
        signalfd_siginfo info;
        while (read(signals_.get(), &info, sizeof info) > 0)
            leaving_ = true;
        end(SIGTERM, [this] { settle(State::Stopped); });
    });
    loop_.watch(watchdogTimer_.get(), EPOLLIN, [this] {
        say("watchdog: {} has been silent for too long", setup_.unit);
        arm(watchdogTimer_.get(), {});
        if (running())
            end(SIGABRT, next_);
    });
    loop_.watch(stopTimer_.get(), EPOLLIN, [this] {
        say("{} does not stop: killed", setup_.unit);
        arm(stopTimer_.get(), {});
        if (running())
            ::kill(-instance_.pid, SIGKILL);
    });
    if (!setup_.control.empty())
        control_.emplace(loop_, setup_.control, [this](auto client, const auto& line) { command(client, line); });
}

int Manager::run() {
    bringBack(store_, setup_.unit);
    start();
    // What a dead service sent was in the queue before its death could be seen: emptied first, nothing of it is lost.
    while (running() || (control_ && !leaving_))
        loop_.step([this] { drainNotifications(); });
    return leaving_ ? 0 : lastExit_;
}

void Manager::start() {
    instance_ = startService({setup_.command, notify_.address(), setup_.watchdog, files_}, store_);
    state_ = State::Starting;
    statusText_.clear();
    next_ = nullptr;
    loop_.watch(instance_.pidfd.get(), EPOLLIN, [this] { whenDead(); });
}

// Sends the signal, and has `whenDead` run when it has done its work.
void Manager::end(int signal, std::function<void()> whenDead) {
    if (!running()) {
        if (whenDead)
            whenDead();
        return;
    }
    state_ = State::Dying;
    next_ = std::move(whenDead);
    arm(watchdogTimer_.get(), {});
    if (signal != SIGKILL)
        arm(stopTimer_.get(), setup_.stopTimeout);
    ::kill(instance_.pid, signal);
}

void Manager::whenDead() {
    loop_.forget(instance_.pidfd.get());
    arm(watchdogTimer_.get(), {});
    int status = 0;
    waitpid(instance_.pid, &status, 0);
    lastExit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    failedStart_ = state_ == State::Starting;
    state_ = State::Dying;
    // KillMode=control-group: its children go first, and may still speak until then.
    ::kill(-instance_.pid, SIGTERM);
    arm(stopTimer_.get(), setup_.stopTimeout);
    buryTheRest();
}

void Manager::buryTheRest() {
    for (const pid_t member : membersOf(instance_.pid)) {
        rest_.reset(static_cast<int>(syscall(SYS_pidfd_open, member, 0)));
        if (!rest_)
            continue;
        loop_.watch(rest_.get(), EPOLLIN, [this] {
            loop_.forget(rest_.get());
            buryTheRest();
        });
        return;
    }
    arm(stopTimer_.get(), {});
    instance_ = {};
    answer(WaitFor::Stopped, "ok");
    if (const auto next = std::exchange(next_, nullptr))
        next();
    else
        restartAfterDeath();
}

void Manager::restartAfterDeath() {
    if (!setup_.restart || leaving_)
        return settle(lastExit_ == 0 ? State::Stopped : State::Failed);
    failedStarts_ = failedStart_ ? failedStarts_ + 1 : 0;
    if (failedStarts_ < mostFailedStarts)
        return start();
    say("{} died {} times before it was ready: given up", setup_.unit, failedStarts_);
    failedStarts_ = 0;
    settle(State::Failed);
}

void Manager::drainNotifications() {
    while (auto message = notify_.receive())
        handle(std::move(*message));
}

void Manager::handle(Notification message) {
    const bool allowed = message.sender == instance_.pid ||
                         (setup_.notifyAll && running() && getpgid(message.sender) == instance_.pid);
    if (!allowed) {
        say("a notification from process {}, which is not the service: ignored", message.sender);
        return;
    }
    if (message.has("BARRIER=1"))
        return; // its fd is closed here, after everything that came before it
    handleStore(message);
    if (const auto text = message.value("STATUS"))
        statusText_ = *text;
    if (message.has("WATCHDOG=trigger")) {
        say("watchdog triggered by {}", setup_.unit);
        return end(SIGABRT, next_);
    }
    if (state_ == State::Dying)
        return;
    if (message.has("WATCHDOG=1"))
        petWatchdog();
    if (message.has("RELOADING=1"))
        state_ = State::Reloading;
    if (message.has("READY=1")) {
        failedStarts_ = 0;
        petWatchdog();
        settle(State::Ready);
    }
}

void Manager::handleStore(Notification& message) {
    auto name = message.value("FDNAME");
    const bool valid = name && FdStore::validName(*name);
    if (message.has("FDSTOREREMOVE=1")) {
        if (valid)
            store_.remove(*name);
        else
            say("FDSTOREREMOVE=1 without a valid FDNAME=: ignored");
        return;
    }
    if (!message.has("FDSTORE=1"))
        return;
    if (name && !valid)
        say("FDNAME={} is not valid: stored as \"stored\"", *name);
    for (core::UniqueFd& fd : message.fds)
        if (store_.add(std::move(fd), valid ? *name : "stored", !message.has("FDPOLL=0")) == FdStore::Answer::Full) {
            say("the fd store is full ({}): fd {} refused", store_.capacity(), valid ? *name : "stored");
            return;
        }
}

void Manager::petWatchdog() {
    if (setup_.watchdog)
        arm(watchdogTimer_.get(), *setup_.watchdog);
}

void Manager::answer(WaitFor what, const std::string& line) {
    for (const Waiter& waiter : std::exchange(waiters_, {})) {
        if (waiter.what == what)
            control_->answer(waiter.client, line);
        else
            waiters_.push_back(waiter);
    }
}

// Where waiting for READY=1 comes to its end, one way or the other.
void Manager::settle(State state) {
    state_ = state;
    answer(WaitFor::Ready, state == State::Ready ? fmt::format("ok {}", instance_.pid)
                                                 : fmt::format("error not running, exit status {}", lastExit_));
}

void Manager::command(Control::Client client, const std::string& line) {
    using Verb = void (Manager::*)(Control::Client);
    static const std::map<std::string_view, Verb> verbs{
        {"clean", &Manager::clean},   {"kexec", &Manager::kexec},     {"kexec-direct", &Manager::kexecDirect},
        {"kill", &Manager::kill},     {"list", &Manager::list},       {"pid", &Manager::pid},
        {"reload", &Manager::reload}, {"restart", &Manager::restart}, {"start", &Manager::startByHand},
        {"status", &Manager::status}, {"stop", &Manager::stop},       {"wait-ready", &Manager::waitReady},
    };
    if (const auto verb = verbs.find(line); verb != verbs.end())
        (this->*verb->second)(client);
    else
        control_->answer(client, "error no such command: " + line);
}

void Manager::ok(Control::Client client, const std::string& more) {
    control_->answer(client, more.empty() ? "ok" : "ok " + more);
}

void Manager::pid(Control::Client client) {
    ok(client, std::to_string(instance_.pid));
}
void Manager::list(Control::Client client) {
    ok(client, store_.names());
}
void Manager::status(Control::Client client) {
    ok(client, statusText_);
}

void Manager::waitReady(Control::Client client) {
    waiters_.push_back({client, WaitFor::Ready});
    if (state_ == State::Ready || !running())
        settle(state_);
}

void Manager::startByHand(Control::Client client) {
    if (!running())
        start();
    waitReady(client);
}

void Manager::stop(Control::Client client) {
    if (!running())
        return ok(client);
    waiters_.push_back({client, WaitFor::Stopped});
    end(SIGTERM, [this] { settle(State::Stopped); });
}

void Manager::restart(Control::Client client) {
    waiters_.push_back({client, WaitFor::Ready});
    end(SIGTERM, [this] { start(); });
}

void Manager::kill(Control::Client client) {
    if (!running())
        return control_->answer(client, "error not running");
    waiters_.push_back({client, WaitFor::Ready});
    end(SIGKILL, nullptr);
}

void Manager::reload(Control::Client client) {
    if (state_ != State::Ready)
        return control_->answer(client, "error not ready");
    waiters_.push_back({client, WaitFor::Ready});
    state_ = State::Reloading;
    ::kill(instance_.pid, SIGHUP);
}

void Manager::clean(Control::Client client) { // systemctl clean --what=fdstore, which wants the unit stopped, too
    if (running())
        return control_->answer(client, "error running");
    store_.clear();
    ok(client);
}

bool Manager::mayKexec(Control::Client client) {
    if (!setup_.mayKexec)
        control_->answer(client, "error started without --allow-kexec");
    return setup_.mayKexec;
}

// Where all goes well the client hears nothing more: its connection ends with this boot.
void Manager::kexec(Control::Client client) {
    if (!mayKexec(client))
        return;
    end(SIGTERM, [this, client] {
        loadImage(setup_.image, setup_.imageCommandLine);
        if (!setup_.carry)
            store_.clear();
        const core::UniqueFd session = setup_.carry ? carryOver(store_, setup_.unit) : core::UniqueFd();
        const int error = jump();
        start();
        control_->answer(client, fmt::format("error reboot: {}", std::strerror(error)));
    });
}

void Manager::kexecDirect(Control::Client client) {
    if (!mayKexec(client))
        return;
    loadImage(setup_.image, setup_.imageCommandLine);
    control_->answer(client, fmt::format("error reboot: {}", std::strerror(jump())));
}

} // namespace luod::tests
