// SPDX-License-Identifier: LGPL-2.1-or-later
#include "output.hpp"

#include "failure.hpp"
#include "luod.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

namespace luoctl {
namespace {

size_t terminalLines() {
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

// As systemd's tools choose it. "": none.
std::string pagerCommand() {
    for (const char* name : {"SYSTEMD_PAGER", "PAGER"})
        if (const char* command = std::getenv(name))
            return std::string_view(command) == "cat" ? "" : command;
    return "less";
}

[[noreturn]] void runPager(const std::string& command, int input) {
    signal(SIGPIPE, SIG_DFL);
    dup2(input, STDIN_FILENO);
    setenv("LESS", "FRSXMK", 0);
    setenv("LESSCHARSET", "utf-8", 0);
    // Under sudo a pager must not give away a root shell.
    if (getenv("SUDO_UID") || geteuid() != getuid())
        setenv("LESSSECURE", "1", 1);
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
}

// False where there is no pager to be had, and nothing has been shown.
bool page(std::string_view text, const std::string& command) {
    std::array<int, 2> ends;
    if (pipe2(ends.data(), O_CLOEXEC) < 0)
        return false;
    Fd reading{ends[0]}, writing{ends[1]};
    pid_t pid = fork();
    if (pid < 0)
        return false;
    if (pid == 0)
        runPager(command, reading.get());
    reading = Fd{};
    writeAll(writing.get(), text); // the reader may quit early: that is what pagers are for
    writing = Fd{};
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

} // namespace

bool coloursOn(int fd) {
    const char* refused = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    return isatty(fd) && !(refused && *refused) && terminal && std::string_view(terminal) != "dumb";
}

int writeAll(int fd, std::string_view text) {
    while (!text.empty()) {
        ssize_t n = write(fd, text.data(), text.size());
        if (n >= 0) {
            text.remove_prefix(size_t(n));
        } else if (errno == EAGAIN) {
            pollfd ready{fd, POLLOUT, 0};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

void show(std::string_view text, const Options& options) {
    bool isLong = size_t(std::ranges::count(text, '\n')) >= terminalLines();
    if (options.pager && isatty(STDOUT_FILENO) && isLong)
        if (std::string command = pagerCommand(); !command.empty() && page(text, command))
            return;
    if (int r = writeAll(STDOUT_FILENO, text); r < 0)
        throw local("cannot write to standard output", -r);
}

} // namespace luoctl
