// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kernel/availability.hpp"

#include "core/unique_fd.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace luod::kernel {

namespace {

// The kernel takes the last word of a name, and y, Y, 1, t, T, on and On... for yes.
std::optional<bool> switchIn(std::string_view commandLine, std::string_view name) {
    std::optional<bool> value;
    std::istringstream words{std::string(commandLine)};
    for (std::string word; words >> word;) {
        if (word == "--")
            break;
        std::string_view w = word;
        if (!w.starts_with(name) || !w.substr(name.size()).starts_with('='))
            continue;
        w.remove_prefix(name.size() + 1);
        value = w.starts_with('y') || w.starts_with('Y') || w.starts_with('1') || w.starts_with('t') ||
                w.starts_with('T') || w == "on" || w == "On" || w == "ON" || w == "oN";
    }
    return value;
}

std::string switchedOff(std::string_view commandLine) {
    auto liveupdate = switchIn(commandLine, "liveupdate"), kho = switchIn(commandLine, "kho");
    if (!liveupdate.value_or(false))
        return "live update is not switched on: add liveupdate=on and kho=on to the kernel command line and reboot";
    if (kho == false)
        return "the kernel was started with kho=off: change that to kho=on on the kernel command line and reboot";
    if (!kho)
        return "the kernel has no live update device although liveupdate=on: add kho=on to the kernel command line and "
               "reboot, or, if that changes nothing, use a kernel built with CONFIG_LIVEUPDATE and "
               "CONFIG_KEXEC_HANDOVER";
    return "the kernel has no live update device although liveupdate=on and kho=on: use a kernel built with "
           "CONFIG_LIVEUPDATE and CONFIG_KEXEC_HANDOVER (Linux 6.19 or later), and see \"dmesg | grep -iE 'luo|kho'\"";
}

} // namespace

Availability judge(int err, std::string_view commandLine) {
    switch (err) {
    case 0:
    case EBUSY:
        return {.available = true, .reason = {}, .unreadable = false};
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return {.available = false, .reason = switchedOff(commandLine), .unreadable = false};
    case EACCES:
    case EPERM:
        return {.available = false,
                .reason = "luod may not open the live update device: check its owner and mode, luod's user, and "
                          "DeviceAllow= in its unit",
                .unreadable = false};
    case EIO:
        return {.available = false,
                .reason = "what the previous kernel handed over cannot be read by this one (see \"dmesg | grep -i luo\"); "
                          "live update is back after a reboot",
                .unreadable = true};
    default:
        return {.available = false,
                .reason = fmt::format("the live update device cannot be opened: {}", std::strerror(err)),
                .unreadable = false};
    }
}

Availability probe(const std::string& device, const std::string& commandLine) {
    int opened;
    do
        opened = ::open(device.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY);
    while (opened < 0 && errno == EINTR);
    int err = opened < 0 ? errno : 0;
    core::UniqueFd close(opened);

    std::ifstream file(commandLine);
    return judge(err, std::string(std::istreambuf_iterator<char>(file), {}));
}

} // namespace luod::kernel
