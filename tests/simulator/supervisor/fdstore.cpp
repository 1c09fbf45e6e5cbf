// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fdstore.hpp"

#include "fdpassing.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <thread>

namespace luosim {
namespace {

enum class Verb : int { keep, lend, drop };

struct Order {
    Verb verb;
    int number;
};

/// Leaves this thread with a table of its own in which there is nothing but one descriptor.
void leaveTable(int kept) {
    const auto number = static_cast<unsigned>(kept);
    syscall(SYS_close_range, number + 1, ~0U, CLOSE_RANGE_UNSHARE);
    if (number > 0)
        syscall(SYS_close_range, 0U, number - 1, 0);
}

/// The life of a keeping thread: ends when nobody can ask any more.
void keep(int socket) {
    leaveTable(socket);
    int answer = 0;
    sendWithFd(socket, &answer, sizeof answer, -1);
    Order order;
    Fd fd;
    while (receiveWithFd(socket, &order, sizeof order, fd)) {
        int lent = -1;
        answer = 0;
        switch (order.verb) {
        case Verb::keep:
            answer = fd.release();
            break;
        case Verb::lend:
            lent = order.number;
            break;
        case Verb::drop:
            close(order.number);
            continue;
        }
        sendWithFd(socket, &answer, sizeof answer, lent);
    }
}

std::size_t roomInATable() {
    rlimit limit = {1024, 1024};
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::size_t>(limit.rlim_cur) - 16;
}

} // namespace

/// One thread that keeps descriptors. It does as it is told, one order at a time.
class FdKeeper {
public:
    FdKeeper() {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            return;
        socket_ = Fd(ends[0]);
        Fd theirs(ends[1]);
        thread_ = std::thread(keep, ends[1]);
        // Not before it has a table of its own may its end be closed here.
        int hello;
        Fd none;
        receiveWithFd(socket_.get(), &hello, sizeof hello, none);
    }
    ~FdKeeper() {
        { const Fd hangUp = std::move(socket_); }
        if (thread_.joinable())
            thread_.join();
    }

    int keepFd(int fd) {
        const int number = ask({Verb::keep, 0}, fd).first;
        count_ += number >= 0;
        return number;
    }
    Fd lend(int number) { return ask({Verb::lend, number}, -1).second; }
    void drop(int number) {
        // Nothing to wait for; orders are followed one by one.
        const Order order = {Verb::drop, number};
        sendWithFd(socket_.get(), &order, sizeof order, -1);
        --count_;
    }
    std::size_t count() const { return count_; }

private:
    std::pair<int, Fd> ask(Order order, int fd) {
        std::pair<int, Fd> answer = {-1, Fd()};
        if (!sendWithFd(socket_.get(), &order, sizeof order, fd) ||
            !receiveWithFd(socket_.get(), &answer.first, sizeof answer.first, answer.second))
            answer.first = -1;
        return answer;
    }

    Fd socket_;
    std::thread thread_;
    std::size_t count_ = 0;
};

StoredFd::StoredFd(Fd own, std::shared_ptr<std::size_t> ownCount)
    : own_(std::move(own)), ownCount_(std::move(ownCount)) {
    ++*ownCount_;
}

StoredFd::StoredFd(std::shared_ptr<FdKeeper> keeper, int number) : keeper_(std::move(keeper)), number_(number) {}

StoredFd::~StoredFd() {
    if (own_)
        --*ownCount_;
    if (keeper_)
        keeper_->drop(number_);
}

void StoredFd::swap(StoredFd& other) noexcept {
    std::swap(own_, other.own_);
    std::swap(ownCount_, other.ownCount_);
    std::swap(keeper_, other.keeper_);
    std::swap(number_, other.number_);
}

Fd StoredFd::borrow() const {
    if (own_)
        return Fd(fcntl(own_.get(), F_DUPFD_CLOEXEC, 0));
    return keeper_ ? keeper_->lend(number_) : Fd();
}

std::shared_ptr<FdKeeper> FdStore::keeperWithRoom() {
    std::erase_if(keepers_, [](const auto& keeper) { return keeper.expired(); });
    for (const auto& each : keepers_) {
        if (auto keeper = each.lock(); keeper && keeper->count() < room())
            return keeper;
    }
    auto keeper = std::make_shared<FdKeeper>();
    keepers_.push_back(keeper);
    return keeper;
}

std::size_t FdStore::room() const {
    // The limit is raised once, before anything is put away.
    static const std::size_t inATable = roomInATable();
    return each_.value_or(inATable);
}

StoredFd FdStore::put(Fd& fd) {
    if (*ownCount_ < each_.value_or(room() / 4))
        return StoredFd(std::move(fd), ownCount_);
    auto keeper = keeperWithRoom();
    const int number = keeper->keepFd(fd.get());
    if (number < 0)
        return StoredFd();
    { const Fd kept = std::move(fd); }
    return StoredFd(std::move(keeper), number);
}

} // namespace luosim
