// SPDX-License-Identifier: LGPL-2.1-or-later
#include "supervisor.hpp"

#include "commands.hpp"
#include "filter.hpp"
#include "processes.hpp"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace luosim {
namespace {

// What a shell says when its tool, not the command, failed.
constexpr int ownFailure = 125;

const std::array forwarded = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

Fd openSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (const int signal : forwarded)
        sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int exitStatus(int waitStatus) {
    return WIFEXITED(waitStatus) ? WEXITSTATUS(waitStatus) : 128 + WTERMSIG(waitStatus);
}

} // namespace

Supervisor::Supervisor(const Options& options)
    : options_(options), machine_(options, trace_), before_(prepareSupervisor()), epoll_(epoll_create1(EPOLL_CLOEXEC)),
      signals_(openSignals()) {
    control_.onLine([this](const std::string& line) { return runCommand(machine_, calls_, line); });
}

int Supervisor::run() {
    if (options_.trace && !trace_.openFile(*options_.trace)) {
        std::fprintf(stderr, "luo-sim: cannot write %s: %s\n", options_.trace->c_str(), std::strerror(errno));
        return ownFailure;
    }
    if (const int error = control_.listen(options_.control)) {
        std::fprintf(stderr, "luo-sim: cannot listen at %s: %s\n", options_.control.c_str(), std::strerror(error));
        return ownFailure;
    }
    for (const int fd : {signals_.get(), control_.fd(), postponed_.fd(), machine_.handles().watchFd()})
        watch(fd);
    Ending ending;
    do {
        if (machine_.bootNumber() >= options_.maxBoots) {
            std::fprintf(stderr, "luo-sim: stopped after %u boots, see --boots\n", options_.maxBoots);
            return ownFailure;
        }
        if (!startBoot())
            return ownFailure;
        bootLoop();
        ending = machine_.ending();
        endBoot();
    } while (ending == Ending::jump || ending == Ending::restart);
    return ending == Ending::powerOff ? 0 : exitStatus(commandStatus_);
}

bool Supervisor::startBoot() {
    machine_.boot();
    auto command = options_.command;
    if (machine_.bootNumber() > 1 && options_.next)
        command = {"/bin/sh", "-c", *options_.next};
    auto spawned =
        spawn(command, before_,
              {"LUO_SIM_CONTROL=" + options_.control, "LUO_SIM_BOOT=" + std::to_string(machine_.bootNumber())});
    if (!spawned.listener) {
        std::fprintf(stderr, "luo-sim: cannot supervise: %s: %s\n", std::strerror(spawned.error),
                     explainFilterError(spawned.error));
        return false;
    }
    if (const int error = tryMemoryAccess(spawned.process)) {
        std::fprintf(stderr, "luo-sim: cannot supervise: %s: %s\n", std::strerror(error), explainMemoryError(error));
        kill(spawned.process, SIGKILL);
        return false;
    }
    commandEnded_ = false;
    command_ = spawned.process;
    listener_ = std::move(spawned.listener);
    preferSyncWakeUp(listener_.get());
    watch(listener_.get());
    return true;
}

void Supervisor::bootLoop() {
    std::array<epoll_event, 16> events;
    while (machine_.ending() == Ending::none && !commandEnded_) {
        const int count = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
        for (int i = 0; i < count && machine_.ending() == Ending::none; ++i)
            wake(events[static_cast<std::size_t>(i)].data.fd);
    }
}

void Supervisor::endBoot() {
    postponed_.clear();
    endAllDescendants();
    // Only now: a call that waits here would otherwise see its listener go and end with ENOSYS.
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
    listener_ = Fd();
    trace_.line("the boot ends");
    machine_.shutDown();
}

void Supervisor::watch(int fd) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Supervisor::wake(int fd) {
    if (fd == listener_.get()) {
        if (auto call = receiveCall(fd))
            handle(std::move(*call));
    } else if (fd == signals_.get()) {
        takeSignals();
    } else if (fd == control_.fd()) {
        machine_.noticeClosed();
        control_.run();
    } else if (fd == postponed_.fd()) {
        postponed_.run();
    } else {
        machine_.noticeClosed();
    }
}

void Supervisor::handle(Call call) {
    auto decoded = decode(machine_, call);
    if (const auto* outcome = std::get_if<Outcome>(&decoded)) {
        if (call.number() == SYS_ioctl && !*outcome && outcome->error() != passOn)
            describe(call, "malformed ioctl " + std::to_string(call.argument(1) & 0xff), *outcome);
        settle(call, *outcome);
        return;
    }
    auto& request = std::get<Request>(decoded);
    if (!call.alive())
        return;
    ++calls_;
    const auto treatment =
        machine_.faults().strikeTreatment({request.point, model::Stage::call, request.session, request.token});
    if (treatment.kill) {
        trace_.line(processWords(call.thread()) + ": " + request.words + ": killed before it");
        kill(processOf(call.thread()), SIGKILL);
        return;
    }
    if (treatment.delay.count() > 0)
        postponed_.add(treatment.delay,
                       [this, call, request, after = treatment.killAfter]() mutable { perform(call, request, after); });
    else
        perform(call, request, treatment.killAfter);
}

void Supervisor::perform(Call call, Request& request, bool killAfter) {
    if (!call.alive())
        return;
    machine_.noticeClosed();
    const auto outcome = request.perform(call);
    describe(call, request.words, outcome);
    if (killAfter) {
        trace_.line(processWords(call.thread()) + ": killed after it");
        kill(processOf(call.thread()), SIGKILL);
    } else {
        settle(call, outcome);
    }
}

void Supervisor::settle(Call& call, const Outcome& outcome) {
    if (outcome)
        call.succeed(*outcome);
    else if (outcome.error() == passOn)
        call.pass();
    else if (outcome.error() != model::callBlocks)
        call.fail(outcome.error());
}

void Supervisor::describe(const Call& call, const std::string& words, const Outcome& outcome) {
    if (trace_.enabled())
        trace_.line(processWords(call.thread()) + ": " + words + " " +
                    (outcome ? "= " + std::to_string(*outcome) : resultWords(outcome.error())));
}

void Supervisor::takeSignals() {
    signalfd_siginfo signal;
    while (read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo == SIGCHLD)
            reap();
        else if (signal.ssi_code != SI_KERNEL && !commandEnded_) // the terminal tells the whole foreground group itself
            kill(command_, static_cast<int>(signal.ssi_signo));
    }
}

void Supervisor::reap() {
    int status;
    for (pid_t process; (process = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (process != command_)
            continue;
        commandEnded_ = true;
        commandStatus_ = status;
    }
}

} // namespace luosim
