// SPDX-License-Identifier: LGPL-2.1-or-later
#include "service.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>

namespace luod::tests {

constexpr int firstFd = 3;    // SD_LISTEN_FDS_START
constexpr int exitExec = 203; // systemd's EXIT_EXEC

static void setOrUnset(const char* name, const std::string& value) {
    if (value.empty())
        unsetenv(name);
    else
        setenv(name, value.c_str(), 1);
}

static void setEnvironment(const ServiceSetup& setup, const FdStore& store) {
    const std::string self = std::to_string(getpid());
    const std::size_t count = store.entries().size();
    setOrUnset("NOTIFY_SOCKET", setup.notifyAddress);
    setOrUnset("FDSTORE", store.capacity() > 0 ? std::to_string(store.capacity()) : "");
    setOrUnset("LISTEN_FDS", count > 0 ? std::to_string(count) : "");
    setOrUnset("LISTEN_PID", count > 0 ? self : "");
    unsetenv("LISTEN_FDNAMES");
    if (count > 0)
        setenv("LISTEN_FDNAMES", store.names().c_str(), 1);
    setOrUnset("WATCHDOG_USEC", setup.watchdog ? std::to_string(setup.watchdog->count()) : "");
    setOrUnset("WATCHDOG_PID", setup.watchdog ? self : "");
}

// In two steps, for an fd's own number may be the place of another one.
static void layOutFds(const FdStore& store) {
    const int end = firstFd + static_cast<int>(store.entries().size());
    std::vector<int> copies;
    for (const FdStore::Entry& entry : store.entries())
        copies.push_back(fcntl(entry.fd.get(), F_DUPFD_CLOEXEC, end));
    for (std::size_t i = 0; i < copies.size(); ++i)
        if (dup2(copies[i], firstFd + static_cast<int>(i)) < 0)
            throw std::system_error(errno, std::generic_category(), "handing over the store");
    syscall(SYS_close_range, static_cast<unsigned>(end), ~0U, CLOSE_RANGE_CLOEXEC);
}

[[noreturn]] static void becomeService(const ServiceSetup& setup, const FdStore& store, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    setEnvironment(setup, store);
    if (const int null = open("/dev/null", O_RDWR); null >= 0)
        dup2(null, STDIN_FILENO);
    layOutFds(store);
    setrlimit(RLIMIT_NOFILE, &setup.files); // only now: it may be lower than the store is long

    std::vector<char*> arguments;
    for (const std::string& argument : setup.command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    std::fprintf(stderr, "service-manager: cannot run %s: %s\n", arguments[0], std::strerror(errno));
    _exit(exitExec);
}

Instance startService(const ServiceSetup& setup, const FdStore& store) {
    const pid_t parent = getpid();
    Instance instance;
    instance.pid = fork();
    if (instance.pid < 0)
        throw std::system_error(errno, std::generic_category(), "fork");
    if (instance.pid == 0) {
        try {
            becomeService(setup, store, parent);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "service-manager: %s\n", error.what());
            _exit(exitExec);
        }
    }
    setpgid(instance.pid, instance.pid);
    // The child cannot be reaped by anybody else, so its number is still its own here.
    instance.pidfd.reset(static_cast<int>(syscall(SYS_pidfd_open, instance.pid, 0)));
    if (!instance.pidfd)
        throw std::system_error(errno, std::generic_category(), "pidfd_open");
    return instance;
}

std::vector<pid_t> membersOf(pid_t group) {
    std::vector<pid_t> members;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::string line;
        if (!std::getline(std::ifstream(entry.path() / "stat"), line))
            continue;
        // pid (name) state parent group ...
        char state = 0;
        pid_t parent = 0, its = 0;
        if (std::sscanf(line.c_str() + line.rfind(')') + 1, " %c %d %d", &state, &parent, &its) == 3 && its == group &&
            state != 'Z' && state != 'X')
            members.push_back(std::stoi(entry.path().filename()));
    }
    return members;
}

} // namespace luod::tests
