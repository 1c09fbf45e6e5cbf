// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/custody_guard.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace luod::platform {

using core::Errno;
using core::UniqueFd;

struct CustodyGuard::Slot {
    enum State : unsigned { Free, Taken, Set }; // the child looks at Set ones only
    std::atomic<unsigned> state;
    char kernelName[64];
    char storeName[256];
};
static_assert(std::atomic<unsigned>::is_always_lock_free);

namespace {

constexpr std::string_view sessionLink = "anon_inode:[luo_session] ";

struct Address {
    sockaddr_un name{};
    socklen_t size = 0;
};

std::optional<Address> notifySocket() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    Address address;
    address.name.sun_family = AF_UNIX;
    std::size_t length = path ? std::strlen(path) : 0;
    if (length < 2 || length >= sizeof address.name.sun_path || (path[0] != '/' && path[0] != '@'))
        return {};
    std::memcpy(address.name.sun_path, path, length);
    bool abstract = path[0] == '@';
    if (abstract)
        address.name.sun_path[0] = '\0';
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
    return address;
}

// From here to the end of the namespace: what the child does. Other threads' locks may be held for ever in its memory,
// so nothing but system calls on memory of its own; no allocation, no stdio, no getenv.

int openDirectory(const char* path) noexcept {
    return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

class Watch {
public:
    Watch(Address manager, int socket) noexcept : manager_(manager), socket_(socket) {}

    static void untilDead(int pidfd) noexcept {
        pollfd death{pidfd, POLLIN, 0};
        while (::poll(&death, 1, -1) < 0 && errno == EINTR) {
        }
    }

    // Calls visit(fd) for each fd in the table.
    template <typename Visit> static void eachFd(Visit visit) noexcept {
        int directory = openDirectory("/proc/self/fd");
        if (directory < 0)
            return;
        alignas(dirent64) char block[4096];
        long got;
        while ((got = ::syscall(SYS_getdents64, directory, block, sizeof block)) > 0)
            for (long at = 0; at < got;) {
                auto* entry = reinterpret_cast<dirent64*>(block + at);
                at += entry->d_reclen;
                if (int fd = number(entry->d_name); fd >= 0 && fd != directory)
                    visit(fd);
            }
        ::close(directory);
    }

    void store(int fd, const char* name) noexcept {
        char text[sizeof head + 256 + sizeof tail];
        std::size_t length = 0;
        for (const char* part : {head, name, tail}) {
            std::size_t size = std::strlen(part);
            std::memcpy(text + length, part, size);
            length += size;
        }
        send(text, length, fd);
        stored_ = true;
    }

    // Returns when the manager has acted on all of it. The rest of the table is not needed any more, and what luod held
    // (its place on the bus) should not wait.
    void settle() noexcept {
        if (!stored_)
            return;
        if (socket_ > 0)
            ::syscall(SYS_close_range, 0, socket_ - 1, 0);
        ::syscall(SYS_close_range, socket_ + 1, ~0u, 0);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) < 0)
            return;
        send("BARRIER=1", 9, ends[1]);
        ::close(ends[1]);
        pollfd done{ends[0], 0, 0}; // a hang-up comes unasked
        while (::poll(&done, 1, 10'000) < 0 && errno == EINTR) {
        }
    }

private:
    static constexpr char head[] = "FDSTORE=1\nFDNAME=", tail[] = "\nFDPOLL=0";

    static int number(const char* text) noexcept {
        int value = 0;
        for (; *text; ++text) {
            if (*text < '0' || *text > '9')
                return -1;
            value = value * 10 + (*text - '0');
        }
        return value;
    }

    void send(const char* text, std::size_t length, int fd) noexcept {
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)]{};
        iovec part{const_cast<char*>(text), length};
        msghdr message{};
        message.msg_name = &manager_.name;
        message.msg_namelen = manager_.size;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
        while (::sendmsg(socket_, &message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
        }
    }

    Address manager_;
    int socket_;
    bool stored_ = false;
};

} // namespace

bool CustodyGuard::sessionName(int fd, char* name, std::size_t size) noexcept {
    char path[32] = "/proc/self/fd/", digits[12];
    char *digit = digits, *end = path + std::strlen(path);
    do
        *digit++ = static_cast<char>('0' + fd % 10);
    while ((fd /= 10) > 0);
    end = std::reverse_copy(digits, digit, end);
    *end = '\0';

    char target[sessionLink.size() + sizeof Slot::kernelName];
    ssize_t length = ::readlink(path, target, sizeof target);
    if (length < 0 || !std::string_view(target, static_cast<std::size_t>(length)).starts_with(sessionLink))
        return false;
    std::size_t rest = static_cast<std::size_t>(length) - sessionLink.size();
    if (rest >= size)
        return false;
    std::memcpy(name, target + sessionLink.size(), rest);
    name[rest] = '\0';
    return true;
}

Errno<CustodyGuard> CustodyGuard::start(NameOf nameOf) {
    CustodyGuard guard;
    auto manager = notifySocket();
    if (!manager)
        return guard;
    void* shared = ::mmap(nullptr, slots * sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return std::unexpected(errno);
    guard.table_ = static_cast<Slot*>(shared); // zero: all Free
    guard.self_.reset(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!guard.self_)
        return std::unexpected(errno);
    guard.socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!guard.socket_)
        return std::unexpected(errno);

    sigset_t all, before;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before); // the service manager's SIGTERM is for luod, not for the guard
    // clone and not clone3: filters of system calls cannot look into clone3's arguments and forbid it.
    long pid = ::syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        ::prctl(PR_SET_NAME, "luod-guard");
        Watch watch(*manager, guard.socket_.get());
        Watch::untilDead(guard.self_.get());
        ::close(guard.self_.get()); // room for one fd, should the table be full
        Watch::eachFd([&](int fd) noexcept {
            char name[sizeof Slot::kernelName];
            if (!nameOf(fd, name, sizeof name))
                return;
            for (Slot* slot = guard.table_; slot != guard.table_ + slots; ++slot)
                if (slot->state.load(std::memory_order_acquire) == Slot::Set &&
                    std::strcmp(slot->kernelName, name) == 0)
                    watch.store(fd, slot->storeName);
        });
        watch.settle();
        ::_exit(0);
    }
    int err = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0)
        return std::unexpected(err);
    guard.pid_ = static_cast<pid_t>(pid);
    return guard;
}

CustodyGuard::CustodyGuard(CustodyGuard&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)), pid_(std::exchange(other.pid_, 0)), self_(std::move(other.self_)),
      socket_(std::move(other.socket_)) {}

CustodyGuard::~CustodyGuard() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    if (table_)
        ::munmap(table_, slots * sizeof(Slot));
}

Errno<CustodyGuard::Cover> CustodyGuard::cover(std::string_view kernelName, std::string_view storeName) {
    if (kernelName.empty() || kernelName.size() >= sizeof Slot::kernelName || storeName.empty() ||
        storeName.size() >= sizeof Slot::storeName)
        return std::unexpected(EINVAL);
    Cover cover;
    if (!table_)
        return cover;
    for (Slot* slot = table_; slot != table_ + slots; ++slot) {
        unsigned free = Slot::Free;
        if (!slot->state.compare_exchange_strong(free, Slot::Taken))
            continue;
        *std::copy(kernelName.begin(), kernelName.end(), slot->kernelName) = '\0';
        *std::copy(storeName.begin(), storeName.end(), slot->storeName) = '\0';
        slot->state.store(Slot::Set, std::memory_order_release);
        cover.slot_ = slot;
        return cover;
    }
    return std::unexpected(ENOSPC);
}

CustodyGuard::Cover::~Cover() {
    if (slot_)
        slot_->state.store(Slot::Free, std::memory_order_release);
}

} // namespace luod::platform
