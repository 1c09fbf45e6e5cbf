// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/peer.hpp"

#include "core/unique_fd.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/utsname.h>
#include <systemd/sd-login.h>
#include <unistd.h>

namespace luod::platform {

std::string unitOf(pid_t pid) {
    if (pid <= 0)
        return {}; // 0 would be luod itself
    char* unit = nullptr;
    if (sd_pid_get_user_unit(pid, &unit) < 0 && sd_pid_get_unit(pid, &unit) < 0)
        return {};
    std::string name = unit;
    std::free(unit);
    return name;
}

std::string bootId() {
    core::UniqueFd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    char text[37];
    ssize_t got = file ? ::read(file.get(), text, sizeof text) : -1;
    std::string id(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    if (id.ends_with('\n'))
        id.pop_back();
    return id;
}

std::string kernelRelease() {
    utsname name{};
    return ::uname(&name) == 0 ? name.release : "";
}

} // namespace luod::platform
