// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/custody_guard.hpp"

#include "platform/custody_socket.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace luod::platform {

using core::Errno;
using core::UniqueFd;

struct CustodyGuard::Slot {
    enum State : unsigned { Free, Taken, Set }; // the child looks at Set ones only
    std::atomic<unsigned> state;
    char kernelName[64];
    char storeName[CustodySocket::nameSize];
};

struct CustodyGuard::Table {
    Slot slot[slots];
    std::atomic<int> held; // the list of all fds for the crossing, plus one; 0: none
};
static_assert(std::atomic<unsigned>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

namespace {

constexpr std::string_view sessionLink = "anon_inode:[luo_session] ";
constexpr int interval = 200; // milliseconds between two looks

} // namespace

// What the child does: under the same law as CustodySocket.
class CustodyGuard::Watch {
public:
    Watch(const CustodyGuard& guard, CustodySocket manager, NameOf nameOf, const char* departing) noexcept
        : table_(*guard.table_), manager_(manager), nameOf_(nameOf), departing_(departing) {}

    static void untilDead(int pidfd) noexcept {
        pollfd death{pidfd, POLLIN, 0};
        while (::poll(&death, 1, -1) < 0 && errno == EINTR) {
        }
    }

    void takeOver() noexcept {
        bool stored = manager_.reach() && storeCovered();
        if (int held = table_.held.load(std::memory_order_acquire); held > 0)
            return cross(held - 1);
        if (!stored)
            return;
        // The rest of the table is not needed any more, and what luod held (its place on the bus) should not wait.
        if (manager_.fd() > 0)
            ::syscall(SYS_close_range, 0, manager_.fd() - 1, 0);
        ::syscall(SYS_close_range, manager_.fd() + 1, ~0u, 0);
        manager_.settle();
    }

private:
    bool storeCovered() noexcept {
        bool stored = false;
        eachFd([&](int fd) noexcept {
            char name[sizeof Slot::kernelName];
            if (!nameOf_(fd, name, sizeof name))
                return;
            for (Slot& slot : table_.slot)
                if (slot.state.load(std::memory_order_acquire) == Slot::Set && std::strcmp(slot.kernelName, name) == 0) {
                    manager_.store(fd, slot.storeName);
                    stored = true;
                }
        });
        return stored;
    }

    // Nothing lies in the fd store: these fds are all there is. The guard ends only when the service manager certainly
    // has them and will live long enough to give them to another luod. Otherwise it is the one who carries them.
    void cross(int list) noexcept {
        closeAllBut(list);
        bool delivered = false;
        while (!(delivered = delivered || deliver(list)) || isDeparting())
            ::poll(nullptr, 0, interval);
    }

    bool deliver(int list) noexcept {
        if (!manager_.reach())
            return false;
        HeldEntry entry;
        for (std::size_t index = 0; readHeld(list, index, entry); ++index)
            if (entry.storeName[0] && isStill(entry, nameOf_) && !manager_.store(entry.fd, entry.storeName.data()))
                return false;
        return manager_.settle() && manager_.isAlive();
    }

    bool isDeparting() noexcept { return departing_ && ::access(departing_, F_OK) == 0; }

    // Calls visit(fd) for each fd in the table.
    template <typename Visit> static void eachFd(Visit visit) noexcept {
        int directory = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

    static int number(const char* text) noexcept {
        int value = 0;
        for (; *text; ++text) {
            if (*text < '0' || *text > '9')
                return -1;
            value = value * 10 + (*text - '0');
        }
        return value;
    }

    Table& table_;
    CustodySocket manager_;
    NameOf nameOf_;
    const char* departing_;
};

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

Errno<CustodyGuard> CustodyGuard::start(NameOf nameOf, const char* departing) {
    CustodyGuard guard;
    auto manager = CustodySocket::fromEnvironment();
    if (!manager)
        return guard;
    if (auto prepared = guard.prepare(); !prepared)
        return std::unexpected(prepared.error());
    manager->use(guard.socket_.get());

    sigset_t all, before;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before); // the service manager's SIGTERM is for luod, not for the guard
    // clone and not clone3: filters of system calls cannot look into clone3's arguments and forbid it.
    long pid = ::syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        ::prctl(PR_SET_NAME, "luod-guard");
        Watch watch(guard, *manager, nameOf, departing);
        Watch::untilDead(guard.self_.get());
        ::close(guard.self_.get()); // room for one fd, should the table be full
        watch.takeOver();
        ::_exit(0);
    }
    int err = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0)
        return std::unexpected(err);
    guard.pid_ = static_cast<pid_t>(pid);
    guard.nameOf_ = nameOf;
    return guard;
}

Errno<> CustodyGuard::prepare() {
    void* shared = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return std::unexpected(errno);
    table_ = static_cast<Table*>(shared); // zero: all Free, nothing held
    self_.reset(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!self_)
        return std::unexpected(errno);
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket_)
        return std::unexpected(errno);
    return {};
}

CustodyGuard::CustodyGuard(CustodyGuard&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)), pid_(std::exchange(other.pid_, 0)), self_(std::move(other.self_)),
      socket_(std::move(other.socket_)), held_(std::move(other.held_)), nameOf_(other.nameOf_) {}

CustodyGuard::~CustodyGuard() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    if (table_)
        ::munmap(table_, sizeof(Table));
}

Errno<CustodyGuard::Cover> CustodyGuard::cover(std::string_view kernelName, std::string_view storeName) {
    if (kernelName.empty() || kernelName.size() >= sizeof Slot::kernelName || storeName.empty() ||
        storeName.size() >= sizeof Slot::storeName)
        return std::unexpected(EINVAL);
    Cover cover;
    if (!table_)
        return cover;
    for (Slot& slot : table_->slot) {
        unsigned free = Slot::Free;
        if (!slot.state.compare_exchange_strong(free, Slot::Taken))
            continue;
        *std::copy(kernelName.begin(), kernelName.end(), slot.kernelName) = '\0';
        *std::copy(storeName.begin(), storeName.end(), slot.storeName) = '\0';
        slot.state.store(Slot::Set, std::memory_order_release);
        cover.slot_ = &slot;
        return cover;
    }
    return std::unexpected(ENOSPC);
}

Errno<> CustodyGuard::holdAll(std::span<const Held> all) {
    if (!table_)
        return {};
    int kept[] = {socket_.get()};
    auto list = writeHeldList(all, kept, nameOf_);
    if (!list)
        return std::unexpected(list.error());
    table_->held.store(list->get() + 1, std::memory_order_release);
    held_ = std::move(*list); // the one before is closed when nobody looks at it any more
    return {};
}

void CustodyGuard::release() {
    if (table_)
        table_->held.store(0, std::memory_order_release);
    held_.reset();
}

CustodyGuard::Cover::~Cover() {
    if (slot_)
        slot_->state.store(Slot::Free, std::memory_order_release);
}

} // namespace luod::platform
