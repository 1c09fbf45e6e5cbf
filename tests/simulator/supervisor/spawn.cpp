// SPDX-License-Identifier: LGPL-2.1-or-later
#include "spawn.hpp"

#include "filter.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace luosim {
namespace {

/// The descriptor, or the errno in its place.
struct Message {
    int error;
};

void sendListener(int socket, int listener, int error) {
    Message message = {error};
    iovec data = {&message, sizeof message};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    if (listener >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* part = CMSG_FIRSTHDR(&header);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(part), &listener, sizeof listener);
    }
    sendmsg(socket, &header, MSG_NOSIGNAL);
}

void receiveListener(int socket, Spawned& spawned) {
    Message message = {ECHILD};
    iovec data = {&message, sizeof message};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    if (recvmsg(socket, &header, MSG_CMSG_CLOEXEC) == sizeof message) {
        if (const cmsghdr* part = CMSG_FIRSTHDR(&header)) {
            int listener;
            std::memcpy(&listener, CMSG_DATA(part), sizeof listener);
            spawned.listener = Fd(listener);
        }
    }
    spawned.error = message.error;
}

/// Runs between fork and exec: from the filter on, every trapped call of this process waits for the supervisor.
[[noreturn]] void become(const std::vector<std::string>& command, const Surroundings& surroundings, int socket) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_NOFILE, &surroundings.openFiles);
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    {
        const Fd listener = installFilter();
        sendListener(socket, listener.get(), listener ? 0 : errno);
        if (!listener)
            _exit(125);
    }
    sigprocmask(SIG_SETMASK, &surroundings.signalMask, nullptr);
    execvp(arguments[0], arguments.data());
    const int error = errno;
    dprintf(STDERR_FILENO, "luo-sim: cannot run %s: %s\n", arguments[0], std::strerror(error));
    _exit(error == ENOENT ? 127 : 126);
}

rlim_t mostOpenFiles(const rlimit& present) {
    std::ifstream file("/proc/sys/fs/nr_open");
    rlim_t most = present.rlim_max;
    file >> most;
    return most;
}

} // namespace

int tryMemoryAccess(pid_t process) {
    // Nothing is mapped there, but whether it is allowed is asked first.
    std::byte byte;
    const iovec local = {&byte, 1};
    const iovec remote = {nullptr, 1};
    process_vm_readv(process, &local, 1, &remote, 1, 0);
    return errno == EPERM || errno == EACCES || errno == ENOSYS ? errno : 0;
}

const char* explainMemoryError(int error) {
    if (error == ENOSYS)
        return "this kernel lacks CONFIG_CROSS_MEMORY_ATTACH: use another machine, or a virtual one";
    return "the machine forbids to look into one's own programs. See /proc/sys/kernel/yama/ptrace_scope: with 2 run "
           "luo-sim as root or under `unshare --user --map-root-user`; with 3 nobody may until the next boot. In a "
           "container allow process_vm_readv (docker: --cap-add SYS_PTRACE)";
}

Surroundings prepareSupervisor() {
    Surroundings before = {};
    sigprocmask(SIG_SETMASK, nullptr, &before.signalMask);
    getrlimit(RLIMIT_NOFILE, &before.openFiles);
    // Every session and every preserved file costs a descriptor here.
    rlimit wanted = {mostOpenFiles(before.openFiles), mostOpenFiles(before.openFiles)};
    if (setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
        wanted = {before.openFiles.rlim_max, before.openFiles.rlim_max};
        setrlimit(RLIMIT_NOFILE, &wanted);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return before;
}

Spawned spawn(const std::vector<std::string>& command, const Surroundings& surroundings,
              const std::vector<std::string>& environment) {
    Spawned spawned;
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
        spawned.error = errno;
        return spawned;
    }
    Fd ours(sockets[0]);
    Fd theirs(sockets[1]);
    spawned.process = fork();
    if (spawned.process == 0) {
        for (const auto& setting : environment)
            putenv(const_cast<char*>(setting.c_str()));
        become(command, surroundings, theirs.get());
    }
    theirs = Fd();
    receiveListener(ours.get(), spawned);
    return spawned;
}

} // namespace luosim
