// SPDX-License-Identifier: LGPL-2.1-or-later
#include "notify.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace luosim {

bool Call::alive() const {
    return ioctl(listener_, SECCOMP_IOCTL_NOTIF_ID_VALID, &id_) == 0;
}

void Call::answer(std::int64_t value, int error) {
    seccomp_notif_resp response = {id_, value, -error, 0};
    ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

void Call::pass() {
    seccomp_notif_resp response = {id_, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

std::expected<int, int> Call::addFd(int fd, bool closeOnExec) const {
    seccomp_notif_addfd request = {};
    request.id = id_;
    request.srcfd = static_cast<std::uint32_t>(fd);
    request.newfd_flags = closeOnExec ? O_CLOEXEC : 0;
    const int number = ioctl(listener_, SECCOMP_IOCTL_NOTIF_ADDFD, &request);
    if (number < 0)
        return std::unexpected(errno);
    return number;
}

void preferSyncWakeUp(int listener) {
    // Not in every header that this is built with. A kernel that does not know it goes on as before.
    constexpr unsigned long setFlags = _IOW(SECCOMP_IOC_MAGIC, 4, std::uint64_t);
    constexpr std::uint64_t syncWakeUp = 1;
    ioctl(listener, setFlags, syncWakeUp);
}

std::optional<Call> receiveCall(int listener) {
    seccomp_notif notice = {};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice) != 0)
        return std::nullopt;
    std::array<std::uint64_t, 6> arguments;
    std::copy(std::begin(notice.data.args), std::end(notice.data.args), arguments.begin());
    return Call(listener, notice.id, static_cast<pid_t>(notice.pid), notice.data.nr, arguments);
}

} // namespace luosim
