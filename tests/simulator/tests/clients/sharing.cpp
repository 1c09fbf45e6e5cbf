// SPDX-License-Identifier: LGPL-2.1-or-later
// A session belongs to whoever holds its descriptor, however it came there.

#include "scenario.hpp"

#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace scenario;

namespace {

/// Runs it in a child, and holds it to success.
template <typename Function> void inChild(Function&& function) {
    const pid_t child = ::fork();
    if (child == 0) {
        function();
        std::_Exit(0);
    }
    int status = -1;
    SAME(::waitpid(child, &status, 0), child);
    SAME(status, 0);
}

void sendFd(int socket, int fd) {
    char byte = 'x';
    iovec data = {&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    SAME(::sendmsg(socket, &header, 0), 1);
}

int receiveFd(int socket) {
    char byte;
    iovec data = {&byte, 1};
    int fd = -1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
    msghdr header = {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    SAME(::recvmsg(socket, &header, 0), 1);
    HOLDS(CMSG_FIRSTHDR(&header) != nullptr);
    std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
    return fd;
}

bool sessionExists(int device, const std::string& name) {
    const int session = raw::create(device, name);
    if (session >= 0)
        ::close(session);
    return session == -EEXIST;
}

} // namespace

SCENARIO(dupHoldsASession) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "dup");
    const int copy = ::dup(session);
    ::close(session);
    HOLDS(sessionExists(device, "dup"));
    SAME(raw::preserve(copy, raw::memfd("x"), 1), 0);
    ::close(copy);
    HOLDS(!sessionExists(device, "dup"));
}

SCENARIO(forkHoldsASession) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "fork");
    int go[2];
    SAME(::pipe(go), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte;
        SAME(::read(go[0], &byte, 1), 1);
        SAME(raw::preserve(session, raw::memfd("x"), 1), 0);
        std::_Exit(0);
    }
    ::close(session);
    HOLDS(sessionExists(device, "fork"));
    SAME(::write(go[1], "x", 1), 1);
    int status;
    ::waitpid(child, &status, 0);
    SAME(status, 0);
    HOLDS(!sessionExists(device, "fork"));
}

SCENARIO(theDeviceClosesWithItsLastHolder) {
    const int device = raw::openDevice();
    SAME(raw::openDevice(), -EBUSY);
    inChild([] { SAME(raw::openDevice(), -EBUSY); });
    ::close(device);
    inChild([] { HOLDS(raw::openDevice() >= 0); });
    HOLDS(raw::openDevice() >= 0);
}

SCENARIO(sessionsTravelThroughSockets) {
    const int device = raw::openDevice();
    int ends[2];
    SAME(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    inChild([&] {
        const int session = raw::create(device, "sent");
        SAME(raw::preserve(session, raw::memfd("x"), 1), 0);
        sendFd(ends[0], session);
    });
    // The sender is gone; in flight a descriptor counts as well.
    HOLDS(sessionExists(device, "sent"));
    const int session = receiveFd(ends[1]);
    SAME(raw::preserve(session, raw::memfd("y"), 1), -EEXIST);
    SAME(raw::preserve(session, raw::memfd("y"), 2), 0);
}

SCENARIO(preservedFilesMayComeFromElsewhere) {
    const int device = raw::openDevice();
    if (boot() == 1) {
        int ends[2];
        SAME(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
        inChild([&] { sendFd(ends[0], raw::memfd("from a child")); });
        const int session = raw::create(device, "s");
        SAME(raw::preserve(session, receiveFd(ends[1]), 1), 0);
        kexec();
    }
    SAME(raw::contentOf(raw::retrieveFile(raw::retrieve(device, "s"), 1)), std::string("from a child"));
}

SCENARIO(numbersOfOtherProcessesMeanNothing) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "mine");
    inChild([&] {
        const int file = raw::memfd("x");
        ::close(session);
        SAME(raw::preserve(session, file, 1), -EBADF);
        // The same number, another file.
        SAME(::dup2(raw::memfd("y"), session), session);
        SAME(raw::preserve(session, raw::memfd("x"), 1), -ENOTTY);
    });
    SAME(raw::preserve(session, raw::memfd("x"), 1), 0);
}

SCENARIO(threadsMayHaveTheirOwnTables) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "threads");
    int file = raw::memfd("the process's");
    std::thread([&] {
        SAME(::unshare(CLONE_FILES), 0);
        const int own = raw::memfd("the thread's");
        SAME(::dup2(own, file), file);
        SAME(raw::preserve(session, file, 1), 0);
        ::ftruncate(file, 1);
        SAME(errno, EPERM);
    }).join();
    SAME(::ftruncate(file, 1), 0);
    SAME(raw::preserve(session, file, 2), 0);
}

SCENARIO(threadsCallAtOnce) {
    const int device = raw::openDevice();
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 100; ++i) {
                const int session = raw::create(device, "t" + std::to_string(t) + "." + std::to_string(i));
                const int file = raw::memfd("x");
                if (session < 0 || raw::preserve(session, file, 1) != 0)
                    ++failures;
                ::close(file);
                if (i % 2)
                    ::close(session);
            }
        });
    for (auto& thread : threads)
        thread.join();
    SAME(failures.load(), 0);
}

SCENARIO(afterExecute) {
    // Entered by execHandsOn with the session's number in the environment.
    const int session = std::atoi(std::getenv("SESSION"));
    SAME(raw::preserve(session, raw::memfd("y"), 1), -EEXIST);
    SAME(raw::preserve(session, raw::memfd("y"), 2), 0);
}

SCENARIO(execHandsOn) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "exec");
    SAME(::fcntl(session, F_GETFD), FD_CLOEXEC);
    SAME(raw::preserve(session, raw::memfd("x"), 1), 0);
    ::fcntl(session, F_SETFD, 0);
    ::setenv("SESSION", std::to_string(session).c_str(), 1);
    ::execl("/proc/self/exe", "clients", "afterExecute", nullptr);
    std::exit(1);
}

SCENARIO(theLinkOfASessionTellsItsName) {
    const int device = raw::openDevice();
    const int session = raw::create(device, "link");
    char target[100] = {};
    HOLDS(::readlink(("/proc/self/fd/" + std::to_string(session)).c_str(), target, sizeof target) > 0);
    SAME(std::string(target), std::string("anon_inode:[luo_session] link"));
    HOLDS(::readlink(("/proc/self/fd/" + std::to_string(device)).c_str(), target, 15) == 15);
    SAME(std::string(target, 15), std::string("/dev/liveupdate"));
    const std::string again = "/proc/self/fd/" + std::to_string(session);
    SAME(raw::result(::open(again.c_str(), O_RDWR)), -ENXIO);
}

SCENARIO(theNodeCanBeSeen) {
    struct stat status = {};
    SAME(::stat("/dev/liveupdate", &status), 0);
    HOLDS(S_ISCHR(status.st_mode));
    SAME(::access("/dev/liveupdate", R_OK | W_OK), 0);
    SAME(::access("/dev/liveupdate", X_OK), -1);
    SAME(::faccessat(AT_FDCWD, "/dev//./liveupdate", F_OK, AT_EACCESS), 0);
    SAME(::chdir("/dev"), 0);
    SAME(::stat("liveupdate", &status), 0);
    const int directory = ::open("/dev", O_PATH | O_DIRECTORY);
    SAME(::fstatat(directory, "liveupdate", &status, 0), 0);
    const int device = ::openat(directory, "../dev/liveupdate", O_RDWR);
    HOLDS(device >= 0);
    SAME(raw::openDevice(O_RDWR | O_CREAT | O_EXCL), -EEXIST);
    SAME(raw::openDevice(O_RDONLY | O_DIRECTORY), -ENOTDIR);
    SAME(::fcntl(device, F_GETFD), 0);
}
