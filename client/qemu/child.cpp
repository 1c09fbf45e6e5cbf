// SPDX-License-Identifier: LGPL-2.1-or-later
#include "child.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace luod::qemu {

namespace {

// After the fork: nothing that takes memory or a lock. What fails is told through the pipe.
[[noreturn]] void become(char* const* argv, const std::vector<int>& inherited, const char* directory, pid_t parent,
                         int complaints) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(128 + SIGKILL);
    for (const int fd : inherited)
        fcntl(fd, F_SETFD, 0);
    if (chdir(directory) == 0)
        execvp(argv[0], argv);
    const int error = errno;
    [[maybe_unused]] const ssize_t told = write(complaints, &error, sizeof error);
    _exit(127);
}

} // namespace

Result<Child> Child::start(const std::vector<std::string>& command, const std::vector<int>& inherited,
                           const std::string& directory) {
    std::vector<char*> argv;
    for (const std::string& word : command)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return systemFailure("a pipe");
    Fd reading(ends[0]), writing(ends[1]);
    Child child;
    const pid_t self = getpid();
    child.pid_ = fork();
    if (child.pid_ == 0)
        become(argv.data(), inherited, directory.c_str(), self, writing.get());
    if (child.pid_ < 0)
        return systemFailure("a process for " + command.front());
    child.pidfd_ = Fd(int(syscall(SYS_pidfd_open, child.pid_, 0)));
    writing = Fd();
    int error = 0;
    if (read(reading.get(), &error, sizeof error) == sizeof error) {
        child.wait();
        return failure(command.front() + " cannot be run in " + directory + ": " + std::strerror(error));
    }
    return child;
}

Child& Child::operator=(Child&& other) noexcept {
    kill();
    pidfd_ = std::move(other.pidfd_);
    pid_ = std::exchange(other.pid_, 0);
    status_ = std::exchange(other.status_, {});
    return *this;
}

Child::~Child() { kill(); }

void Child::signal(int number) const {
    if (running())
        syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

int Child::wait() {
    siginfo_t ended{};
    while (!status_) {
        if (waitid(P_PIDFD, id_t(pidfd_.get()), &ended, WEXITED) == 0)
            status_ = ended.si_code == CLD_EXITED ? ended.si_status : 128 + ended.si_status;
        else if (errno != EINTR)
            status_ = 125;
    }
    return *status_;
}

void Child::kill() {
    if (!running())
        return;
    signal(SIGKILL);
    wait();
}

std::string endingOf(int status) {
    if (status <= 128)
        return "exit status " + std::to_string(status);
    return "signal " + std::to_string(status - 128) + " (" + strsignal(status - 128) + ")";
}

} // namespace luod::qemu
