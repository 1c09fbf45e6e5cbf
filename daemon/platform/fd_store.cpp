// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/fd_store.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace luod::platform {

using core::Errno;

namespace {

bool validName(std::string_view name) {
    return !name.empty() && name.size() <= 255 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != ':'; });
}

std::size_t capacityFrom(const char* number, std::size_t otherwise) {
    if (!number)
        return otherwise;
    std::size_t capacity = 0;
    const char* end = number + std::strlen(number);
    auto [stop, error] = std::from_chars(number, end, capacity);
    return error == std::errc() && stop == end ? capacity : otherwise;
}

int notify(const std::string& message, const int* fd) {
    int result;
    do
        result = sd_pid_notify_with_fds(0, 0, message.c_str(), fd, fd ? 1 : 0);
    while (result == -EINTR);
    return result;
}

} // namespace

SystemdFdStore::SystemdFdStore(std::size_t defaultCapacity, std::chrono::milliseconds settleTimeout)
    : connected_(std::getenv("NOTIFY_SOCKET") != nullptr),
      capacity_(capacityFrom(std::getenv("FDSTORE"), defaultCapacity)), settleTimeout_(settleTimeout) {}

Errno<> SystemdFdStore::store(const std::string& name, int fd) {
    if (!validName(name))
        return std::unexpected(EINVAL);
    // FDPOLL=0: or the service manager would drop the fd as soon as poll() shows it an error or a hang-up.
    if (int result = notify(fmt::format("FDSTORE=1\nFDNAME={}\nFDPOLL=0", name), &fd); result < 0)
        return std::unexpected(-result);
    return {};
}

void SystemdFdStore::remove(const std::string& name) {
    if (validName(name))
        notify(fmt::format("FDSTOREREMOVE=1\nFDNAME={}", name), nullptr);
}

Errno<> SystemdFdStore::settle() {
    using std::chrono::duration_cast, std::chrono::microseconds;
    int result;
    do
        result = sd_notify_barrier(0, static_cast<std::uint64_t>(duration_cast<microseconds>(settleTimeout_).count()));
    while (result == -EINTR);
    if (result < 0)
        return std::unexpected(-result);
    return {};
}

} // namespace luod::platform
