// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/machine.hpp"

#include "core/unique_fd.hpp"

#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/utsname.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

namespace luod::platform {
namespace {

std::string firstOf(const char* path) {
    core::UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    char text[8192];
    ssize_t got = file ? ::read(file.get(), text, sizeof text) : -1;
    std::string content(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    if (content.ends_with('\n'))
        content.pop_back();
    return content;
}

std::uint64_t microseconds(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::uint64_t(now.tv_sec) * 1'000'000 + std::uint64_t(now.tv_nsec) / 1000;
}

} // namespace

std::string bootId() { return firstOf("/proc/sys/kernel/random/boot_id"); }

std::string kernelRelease() {
    utsname name{};
    return ::uname(&name) == 0 ? name.release : "";
}

std::string kernelCommandLine() { return firstOf("/proc/cmdline"); }

bool isLockedDown() {
    std::string mode = firstOf("/sys/kernel/security/lockdown");
    return !mode.empty() && mode.find("[none]") == mode.npos;
}

static std::uint64_t memory(std::string_view key) {
    std::string all = firstOf("/proc/meminfo");
    auto at = all.find(key);
    return at == all.npos ? 0 : std::strtoull(all.c_str() + at + key.size(), nullptr, 10) << 10;
}

std::uint64_t memoryAvailable() { return memory("MemAvailable:"); }
std::uint64_t memoryTotal() { return memory("MemTotal:"); }

std::uint64_t monotonicNow() { return microseconds(CLOCK_MONOTONIC); }
std::uint64_t wallNow() { return microseconds(CLOCK_REALTIME); }

std::string newUuid() {
    sd_id128_t id{};
    if (sd_id128_randomize(&id) < 0)
        return {};
    char text[SD_ID128_UUID_STRING_MAX];
    return sd_id128_to_uuid_string(id, text);
}

} // namespace luod::platform
