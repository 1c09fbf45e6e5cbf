// SPDX-License-Identifier: LGPL-2.1-or-later
#include "process.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <utility>

namespace luod::tests {

namespace {

struct Pipe {
    core::UniqueFd ours, theirs;
};

Pipe makePipe() {
    std::array<int, 2> ends;
    if (pipe2(ends.data(), O_CLOEXEC) < 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    return {core::UniqueFd(ends[0]), core::UniqueFd(ends[1])};
}

std::vector<std::string> environmentWith(const std::map<std::string, std::string>& changes) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry; ++entry)
        if (const std::string text = *entry; !changes.contains(text.substr(0, text.find('='))))
            all.push_back(text);
    for (const auto& [name, value] : changes)
        if (!value.empty())
            all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> all;
    for (const std::string& string : strings)
        all.push_back(const_cast<char*>(string.c_str()));
    all.push_back(nullptr);
    return all;
}

// Between fork and exec: only calls that are safe there, for the test may have threads.
struct ChildPlan {
    std::vector<std::pair<int, int>> fds; // number there, ours
    std::vector<char*> arguments, environment;
    std::optional<uid_t> user;
    pid_t parent;

    [[noreturn]] void carryOut() const {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(127);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC); // whatever the test itself was started with
        std::array<int, 64> copies;
        for (std::size_t i = 0; i < fds.size(); ++i)
            copies[i] = fcntl(fds[i].second, F_DUPFD_CLOEXEC, 100); // out of the way of every number to fill
        for (std::size_t i = 0; i < fds.size(); ++i)
            if (dup2(copies[i], fds[i].first) < 0)
                _exit(127);
        if (user && (setgroups(0, nullptr) < 0 || setresgid(*user, *user, *user) < 0 ||
                     setresuid(*user, *user, *user) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0))
            _exit(127);
        execvpe(arguments[0], arguments.data(), environment.data());
        _exit(127);
    }
};

} // namespace

Process::Process(ProcessOptions options) {
    const std::vector<std::string> environment = environmentWith(options.environment);
    const core::UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    core::UniqueFd log;
    Pipe out = options.captureOutput ? makePipe() : Pipe();
    Pipe err = options.captureErrors ? makePipe() : Pipe();
    ChildPlan plan{std::move(options.fds), pointers(options.command), pointers(environment), options.user, getpid()};
    plan.fds.emplace(plan.fds.begin(), STDIN_FILENO, null.get()); // before the caller's, who may know better
    if (out.theirs)
        plan.fds.emplace_back(STDOUT_FILENO, out.theirs.get());
    if (err.theirs)
        plan.fds.emplace_back(STDERR_FILENO, err.theirs.get());
    if (!options.logFile.empty()) {
        log.reset(open(options.logFile.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
        plan.fds.emplace_back(STDERR_FILENO, log.get());
    }
    if (plan.fds.size() > 64)
        throw std::runtime_error("too many fds for one process");

    pid_ = fork();
    if (pid_ < 0)
        throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0)
        plan.carryOut();
    pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    out_ = std::move(out.ours);
    err_ = std::move(err.ours);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)), out_(std::move(other.out_)),
      err_(std::move(other.err_)), status_(other.status_) {}

Process::~Process() {
    try {
        end();
    } catch (const std::exception&) {
        // Not even SIGKILL helped. There is nothing more to do for it here.
    }
}

void Process::signal(int number) const {
    if (pid_ > 0 && !status_)
        syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

int Process::wait(const Deadline& deadline) {
    if (status_)
        return *status_;
    if (!waitReadable(pidfd_.get(), deadline))
        throw std::runtime_error("process " + std::to_string(pid_) + " did not end in time");
    int status = 0;
    waitpid(pid_, &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return *status_;
}

Outcome Process::finish(const Deadline& deadline) {
    Outcome outcome;
    std::array<std::pair<core::UniqueFd*, std::string*>, 2> streams{{{&out_, &outcome.out}, {&err_, &outcome.err}}};
    while (out_ || err_) {
        std::array<pollfd, 2> items{{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}}};
        if (poll(items.data(), items.size(), deadline.milliseconds()) == 0)
            throw std::runtime_error("process " + std::to_string(pid_) + " did not end in time");
        for (std::size_t i = 0; i < items.size(); ++i) {
            char bytes[4096];
            if (!items[i].revents)
                continue;
            if (const ssize_t length = read(items[i].fd, bytes, sizeof bytes); length > 0)
                streams[i].second->append(bytes, static_cast<std::size_t>(length));
            else
                streams[i].first->reset();
        }
    }
    outcome.status = wait(deadline);
    return outcome;
}

void Process::end() {
    if (pid_ <= 0 || status_)
        return;
    signal(SIGTERM);
    if (!waitReadable(pidfd_.get(), Deadline(std::chrono::seconds(10))))
        signal(SIGKILL);
    wait();
}

Outcome run(ProcessOptions options, const Deadline& deadline) {
    options.captureErrors = options.logFile.empty();
    return Process(std::move(options)).finish(deadline);
}

Outcome run(std::vector<std::string> command, const Deadline& deadline) {
    return run(ProcessOptions{.command = std::move(command)}, deadline);
}

} // namespace luod::tests
