// SPDX-License-Identifier: LGPL-2.1-or-later
#include "in_service.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <systemd/sd-login.h>
#include <unistd.h>

namespace luod::tests {

InService::InService(const std::string& name) : group_("/system.slice/" + name) {
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"})
        if (std::filesystem::exists(std::string(root) + "/cgroup.procs"))
            roots_.emplace_back(root);
    std::error_code error; // then it does not work
    for (const std::string& root : roots_)
        std::filesystem::create_directories(root + group_, error);
    moveTo(group_);
    char* unit = nullptr;
    works_ = sd_pid_get_unit(getpid(), &unit) >= 0 && unit == name;
    std::free(unit);
}

InService::~InService() {
    moveTo("");
    for (const std::string& root : roots_) {
        rmdir((root + group_).c_str());
        rmdir((root + "/system.slice").c_str()); // if it was ours alone
    }
}

void InService::moveTo(const std::string& group) {
    for (const std::string& root : roots_)
        std::ofstream(root + group + "/cgroup.procs") << getpid() << std::flush;
}

} // namespace luod::tests
