// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <string>

namespace luod::platform {

// Finds out what an fd is that a stranger sent. No call here asks the file's own file system anything: a FUSE or NFS
// server that never answers must not stop luod. file_inspector.cpp says why for each.
//
// The identity is known for what is preserved by its inode (memfds and their kin) and for VFIO cdevs, which open once;
// two fds of other character devices can be different things under one inode.
class FileInspector final : public core::FileInspector {
public:
    explicit FileInspector(std::string sysfs = "/sys") : sysfs_(std::move(sysfs)) {}

    core::Errno<Finding> inspect(int fd) override; // EBADF where it is not open
    core::Errno<Finding> findVfio(const std::string& pciAddress) override;
    bool isThere(const core::Device& device) override;
    core::UniqueFd duplicate(int fd) override;

private:
    void lookUpDevice(Finding& finding, unsigned major, unsigned minor) const;

    std::string sysfs_;
};

} // namespace luod::platform
