// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The rig's own hand on the kernel: raw live update ioctls, the service manager's fd store and the raw
// reboot call, with nothing of luod in it, so that what luod does can be judged from outside. Linked
// statically: it also runs where the guest's libraries do not.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <linux/reboot.h>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef MFD_EXEC // Debian 12's headers
#define MFD_EXEC 0x0010U
#endif

namespace {

// The user ABI, from its description: ioctl type 0xBA without size or direction bits, and every argument
// begins with its own size.
constexpr unsigned long request(unsigned nr) { return _IO(0xBA, nr); }
constexpr auto create_session = request(0x00), retrieve_session = request(0x01), preserve_fd = request(0x40),
               retrieve_fd = request(0x41), finish = request(0x42), get_name = request(0x43);

struct SessionArg {
    uint32_t size = sizeof(SessionArg);
    int32_t fd = -1;
    char name[64] = {};
};
struct FileArg {
    uint32_t size = sizeof(FileArg);
    int32_t fd = -1;
    uint64_t token = 0;
};
struct FinishArg {
    uint32_t size = sizeof(FinishArg);
    uint32_t reserved = 0;
};
struct NameArg {
    uint32_t size = sizeof(NameArg);
    uint32_t reserved = 0;
    char name[64] = {};
};
static_assert(sizeof(SessionArg) == 72 && sizeof(FileArg) == 16 && sizeof(FinishArg) == 8 && sizeof(NameArg) == 72);

[[noreturn]] void fail(const char *what) {
    // the name of the errno is what scenarios look for
    fprintf(stderr, "luo: %s: %s (%s)\n", what, strerrorname_np(errno), strerror(errno));
    exit(1);
}

int must(long result, const char *what) {
    if (result < 0)
        fail(what);
    return static_cast<int>(result);
}

// EBUSY is systemd or luod having the device for a moment; a busy device tells nobody when it is free.
int open_device() {
    for (int tries = 0; tries < 500; ++tries) {
        int fd = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);
        if (fd >= 0 || errno != EBUSY)
            return must(fd, "open /dev/liveupdate");
        usleep(10000);
    }
    fail("open /dev/liveupdate");
}

int session(unsigned long how, const std::string &name) {
    SessionArg arg;
    strncpy(arg.name, name.c_str(), sizeof arg.name - 1);
    int device = open_device();
    must(ioctl(device, how, &arg), how == create_session ? "create session" : "retrieve session");
    close(device);
    return arg.fd;
}

// Content that is different on every page and can be told again from its seed
uint64_t word(uint64_t seed, uint64_t index) {
    uint64_t x = seed * 0x9e3779b97f4a7c15u + index;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    return x ^ (x >> 27);
}

struct Content {
    uint64_t token = 0, size = 0, seed = 0;
};

// TOKEN:SIZE:SEED
Content parse(const char *text) {
    Content content;
    if (sscanf(text, "%lu:%lu:%lu", &content.token, &content.size, &content.seed) != 3 || content.size % 8) {
        fprintf(stderr, "luo: %s is not TOKEN:SIZE:SEED with a SIZE of whole words\n", text);
        exit(2);
    }
    return content;
}

uint64_t *map(int fd, uint64_t size, int protection) {
    void *at = mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        fail("mmap");
    return static_cast<uint64_t *>(at);
}

int filled_memfd(const Content &content) {
    int fd = must(memfd_create("luo-test", MFD_CLOEXEC), "memfd_create");
    must(ftruncate(fd, static_cast<off_t>(content.size)), "ftruncate");
    uint64_t *words = map(fd, content.size, PROT_READ | PROT_WRITE);
    for (uint64_t i = 0; i < content.size / 8; ++i)
        words[i] = word(content.seed, i);
    munmap(words, content.size);
    return fd;
}

bool same(int fd, const Content &content) {
    struct stat status;
    must(fstat(fd, &status), "fstat");
    if (static_cast<uint64_t>(status.st_size) != content.size) {
        fprintf(stderr, "luo: size is %ld, not %lu\n", static_cast<long>(status.st_size), content.size);
        return false;
    }
    uint64_t *words = map(fd, content.size, PROT_READ);
    uint64_t i = 0;
    while (i < content.size / 8 && words[i] == word(content.seed, i))
        ++i;
    munmap(words, content.size);
    if (i < content.size / 8)
        fprintf(stderr, "luo: token %lu differs at byte %lu\n", content.token, i * 8);
    return i == content.size / 8;
}

void preserve(int to, const Content &content) {
    FileArg arg;
    arg.fd = filled_memfd(content);
    arg.token = content.token;
    must(ioctl(to, preserve_fd, &arg), "preserve");
    close(arg.fd);
}

bool retrieve_same(int from, const Content &content) {
    FileArg arg;
    arg.token = content.token;
    must(ioctl(from, retrieve_fd, &arg), "retrieve");
    return same(arg.fd, content);
}

// One datagram to the service manager, with at most one fd
void notify(const std::string &text, int fd = -1) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path) {
        fprintf(stderr, "luo: no NOTIFY_SOCKET\n");
        exit(1);
    }
    sockaddr_un to = {};
    to.sun_family = AF_UNIX;
    strncpy(to.sun_path, path, sizeof to.sun_path - 1);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = 0;
    iovec part = {const_cast<char *>(text.data()), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message = {};
    message.msg_name = &to;
    message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + strlen(path));
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    int sender = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    must(sendmsg(sender, &message, MSG_NOSIGNAL), "notify");
    close(sender);
}

// Returns when the manager has read all that was sent before
void barrier() {
    int ends[2];
    must(pipe2(ends, O_CLOEXEC), "pipe");
    notify("BARRIER=1", ends[1]);
    close(ends[1]);
    pollfd reader = {ends[0], POLLIN, 0};
    must(poll(&reader, 1, -1), "poll");
    close(ends[0]);
}

// The fd the manager passed under this name
int listen_fd(const std::string &wanted) {
    const char *names = getenv("LISTEN_FDNAMES");
    std::string rest = names ? names : "";
    for (int fd = 3; !rest.empty(); ++fd) {
        auto colon = rest.find(':');
        if (rest.substr(0, colon) == wanted)
            return fd;
        rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    }
    fprintf(stderr, "luo: no fd named %s among '%s'\n", wanted.c_str(), names ? names : "");
    exit(1);
}

int check_all(int from, char **contents) {
    bool good = true;
    for (; *contents; ++contents)
        good &= retrieve_same(from, parse(*contents));
    FinishArg arg;
    must(ioctl(from, finish, &arg), "finish");
    return good ? 0 : 1;
}

int store_many(size_t count, size_t size) {
    timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (size_t i = 0; i < count; ++i) {
        int fd = must(memfd_create("stored", MFD_CLOEXEC | MFD_EXEC), "memfd");
        must(ftruncate(fd, static_cast<off_t>(size)), "size");
        must(pwrite(fd, &i, sizeof i, 0), "write");
        notify("FDSTORE=1\nFDPOLL=0\nFDNAME=f" + std::to_string(i), fd);
        close(fd);
    }
    barrier();
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%ld\n", (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
    return 0;
}

// The caller goes on when the child is ready; the child keeps its fds until it is killed
void stay_behind() {
    int child = must(fork(), "fork");
    if (child) {
        printf("%d\n", child);
        exit(0);
    }
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int fd : {0, 1, 2})
        dup2(null, fd);
    for (;;)
        pause();
}

int wait_for_path(const char *path) {
    std::string text = path, folder = text.substr(0, text.rfind('/') + 1);
    int watch = must(inotify_init1(IN_CLOEXEC), "inotify");
    must(inotify_add_watch(watch, folder.c_str(), IN_CREATE | IN_MOVED_TO), "watch");
    char event[4096];
    while (access(path, F_OK) != 0)
        must(read(watch, event, sizeof event), "read");
    return 0;
}

int usage() {
    fputs("luo hold NAME CONTENT...     new session, preserve, keep in the background; prints the pid\n"
          "luo keep FDNAME NAME CONTENT...  in a service: new session, preserve, into the fd store\n"
          "luo store COUNT SIZE         in a service: as many memfds into the fd store; prints the milliseconds it took\n"
          "luo stored COUNT             in a service: whether so many came back from it\n"
          "luo check NAME CONTENT...    retrieve the session, compare, finish\n"
          "luo check-kept FDNAME CONTENT...  in a service: the same with the session from the fd store\n"
          "luo name FDNAME              in a service: the kernel's name of the session from the fd store\n"
          "luo hold-fd NAME TOKEN FD    as hold, with an fd it inherited\n"
          "luo with-fd NAME TOKEN COMMAND...  retrieve session and file, run the command with it as fd 3\n"
          "luo eventfd COMMAND...       run it with an eventfd as fd 3\n"
          "luo occupy                   keep the device open in the background; prints the pid\n"
          "luo wait PATH                until it exists\n"
          "luo reboot kexec|restart|off the raw system call, after a sync\n"
          "CONTENT is TOKEN:SIZE:SEED of a memfd\n",
          stderr);
    return 2;
}

int raw_reboot(const std::string &how) {
    sync();
    unsigned command = how == "kexec" ? LINUX_REBOOT_CMD_KEXEC
                       : how == "off" ? LINUX_REBOOT_CMD_POWER_OFF
                                      : LINUX_REBOOT_CMD_RESTART;
    must(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, nullptr), "reboot");
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    const std::string verb = argc > 1 ? argv[1] : "";
    if (verb == "hold" && argc > 2) {
        int made = session(create_session, argv[2]);
        for (char **content = argv + 3; *content; ++content)
            preserve(made, parse(*content));
        stay_behind();
    }
    if (verb == "keep" && argc > 3) {
        int made = session(create_session, argv[3]);
        for (char **content = argv + 4; *content; ++content)
            preserve(made, parse(*content));
        notify(std::string("FDSTORE=1\nFDPOLL=0\nFDNAME=") + argv[2], made);
        barrier();
        return 0;
    }
    if (verb == "store" && argc == 4)
        return store_many(std::stoul(argv[2]), std::stoul(argv[3]));
    if (verb == "stored" && argc == 3)
        return getenv("LISTEN_FDS") && getenv("LISTEN_FDS") == std::string(argv[2]) ? 0 : 1;
    if (verb == "check" && argc > 2)
        return check_all(session(retrieve_session, argv[2]), argv + 3);
    if (verb == "check-kept" && argc > 2)
        return check_all(listen_fd(argv[2]), argv + 3);
    if (verb == "name" && argc == 3) {
        NameArg arg;
        must(ioctl(listen_fd(argv[2]), get_name, &arg), "get name");
        puts(arg.name);
        return 0;
    }
    if (verb == "hold-fd" && argc == 5) { // preserves an fd it was given
        FileArg arg;
        int made = session(create_session, argv[2]);
        arg.token = std::stoul(argv[3]);
        arg.fd = std::stoi(argv[4]);
        must(ioctl(made, preserve_fd, &arg), "preserve");
        stay_behind();
    }
    if (verb == "with-fd" && argc > 4) { // retrieves one and runs a command with it as fd 3
        FileArg arg;
        arg.token = std::stoul(argv[3]);
        must(ioctl(session(retrieve_session, argv[2]), retrieve_fd, &arg), "retrieve");
        must(dup2(arg.fd, 3), "dup2");
        must(fcntl(3, F_SETFD, 0), "fcntl"); // it may have been 3 already
        execvp(argv[4], argv + 4);
        fail(argv[4]);
    }
    if (verb == "eventfd" && argc > 2) { // runs a command with an eventfd as fd 3
        int made = eventfd(0, 0);
        must(made < 0 || dup2(made, 3) < 0 ? -1 : 0, "eventfd");
        execvp(argv[2], argv + 2);
        fail(argv[2]);
    }
    if (verb == "occupy") {
        open_device();
        stay_behind();
    }
    if (verb == "wait" && argc == 3)
        return wait_for_path(argv[2]);
    if (verb == "reboot" && argc == 3)
        return raw_reboot(argv[2]);
    return usage();
}
