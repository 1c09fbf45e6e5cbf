// SPDX-License-Identifier: LGPL-2.1-or-later
#include "child.hpp"

#include "failure.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

namespace luoctl {
namespace {

volatile pid_t child = 0; // a signal handler has no other way to know

void pass(int signal) {
    if (child > 0)
        kill(child, signal);
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
}

[[noreturn]] void execute(const std::vector<std::string>& command) {
    std::vector<char*> argv;
    for (const std::string& word : command)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    for (int signal : {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP})
        handle(signal, SIG_DFL);
    sigset_t nothing;
    sigemptyset(&nothing);
    sigprocmask(SIG_SETMASK, &nothing, nullptr);
    execvp(argv[0], argv.data());
    std::string line = fmt::format("luoctl: cannot run {}: {}\n", command.front(), strerrordesc_np(errno));
    [[maybe_unused]] ssize_t n = write(STDERR_FILENO, line.data(), line.size());
    _exit(errno == ENOENT ? 127 : 126);
}

} // namespace

int runChild(const std::vector<std::string>& command) {
    // Nothing may come between the fork and our knowing the child's number.
    sigset_t passed, before;
    sigemptyset(&passed);
    for (int signal : {SIGTERM, SIGHUP}) {
        sigaddset(&passed, signal);
        handle(signal, pass);
    }
    for (int signal : {SIGINT, SIGQUIT}) // the terminal sends them to the child as well
        handle(signal, SIG_IGN);
    sigprocmask(SIG_BLOCK, &passed, &before);
    child = fork();
    if (child == 0)
        execute(command);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    if (child < 0)
        throw local(fmt::format("cannot run {}", command.front()), errno);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace luoctl
