// SPDX-License-Identifier: LGPL-2.1-or-later

// launcher [--config FILE] [--agent SOCKET] [--proc WHAT] [--setenv NAME=VALUE]... -- COMMAND...: becomes COMMAND.
//
// --config: FILE is /run/luod/luod.conf for COMMAND and for nobody else.
// --proc: its /proc shows processes only ("processes") or nothing at all ("none").
// --agent: leaves a process behind, unless one is there already, that runs programs for the test inside the simulated
// machine: a message is a command, its words ended by NULs, with the descriptors 0, 1, 2 and on; answered by its
// status.

#include "core/unique_fd.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using luod::core::UniqueFd;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(125);
}

void haveOwnMounts() {
    if (unshare(CLONE_NEWNS) < 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
        fail("launcher: a mount namespace");
}

void hideProc(const std::string& what) {
    haveOwnMounts();
    const int mounted = what == "processes" ? mount("proc", "/proc", "proc", 0, "hidepid=2,subset=pid")
                                            : mount("none", "/proc", "tmpfs", 0, nullptr);
    if (mounted < 0)
        fail("launcher: /proc");
}

void putConfig(const std::string& file) {
    haveOwnMounts();
    if (mount("none", "/run", "tmpfs", 0, nullptr) < 0)
        fail("launcher: /run");
    std::filesystem::create_directory("/run/luod");
    std::filesystem::copy_file(file, "/run/luod/luod.conf");
}

// The descriptors come as 0, 1, 2 and on.
[[noreturn]] void become(std::string& words, const int* fds, std::size_t count) {
    std::vector<char*> command;
    for (std::size_t at = 0; at < words.size(); at += std::strlen(&words[at]) + 1)
        command.push_back(&words[at]);
    command.push_back(nullptr);
    std::vector<int> high;
    for (std::size_t i = 0; i < count; ++i)
        high.push_back(fcntl(fds[i], F_DUPFD, 100));
    for (std::size_t i = 0; i < count; ++i)
        dup2(high[i], int(i));
    close_range(unsigned(count), ~0U, 0);
    execv(command[0], command.data());
    _exit(127);
}

void serve(int connection) {
    std::string words(65536, '\0');
    alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
    iovec part{words.data(), words.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(connection, &header, MSG_CMSG_CLOEXEC);
    const cmsghdr* rights = got > 0 ? CMSG_FIRSTHDR(&header) : nullptr;
    if (!rights)
        return;
    words.resize(std::size_t(got));
    int fds[16];
    const std::size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    std::memcpy(fds, CMSG_DATA(rights), count * sizeof(int));
    const pid_t child = fork();
    if (child == 0)
        become(words, fds, count);
    close_range(3, unsigned(connection) - 1, 0);
    close_range(unsigned(connection) + 1, ~0U, 0);
    int status = 0;
    waitpid(child, &status, 0);
    const int answer = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    (void)send(connection, &answer, sizeof answer, MSG_NOSIGNAL);
}

[[noreturn]] void beAgent(int listener) {
    setsid(); // not to be killed with the service
    dup2(listener, 3);
    close_range(4, ~0U, 0); // the fd store's descriptors above all
    for (const char* mine : {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "FDSTORE"})
        unsetenv(mine);
    for (;;) {
        const int connection = accept4(3, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0)
            continue;
        if (fork() == 0) {
            serve(connection);
            _exit(0);
        }
        close(connection);
        while (waitpid(-1, nullptr, WNOHANG) > 0)
            continue;
    }
}

void leaveAgent(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    const UniqueFd probe(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (connect(probe.get(), name, sizeof address) == 0)
        return;
    unlink(path.c_str()); // of the boot before
    const UniqueFd listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (bind(listener.get(), name, sizeof address) < 0 || listen(listener.get(), 16) < 0)
        fail("launcher: the agent's socket");
    if (const pid_t child = fork(); child > 0)
        waitpid(child, nullptr, 0);
    else if (fork() > 0)
        _exit(0);
    else
        beAgent(listener.get());
}

} // namespace

int main(int argc, char** argv) {
    int at = 1;
    for (; at + 1 < argc && std::strcmp(argv[at], "--") != 0; at += 2) {
        if (std::strcmp(argv[at], "--config") == 0)
            putConfig(argv[at + 1]);
        else if (std::strcmp(argv[at], "--agent") == 0)
            leaveAgent(argv[at + 1]);
        else if (std::strcmp(argv[at], "--proc") == 0)
            hideProc(argv[at + 1]);
        else if (std::strcmp(argv[at], "--setenv") == 0)
            putenv(argv[at + 1]);
    }
    if (++at >= argc)
        return 125;
    execv(argv[at], argv + at);
    fail(argv[at]);
}
