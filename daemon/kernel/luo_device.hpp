// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <string>

namespace luod::kernel {

// The Live Update Orchestrator by its ioctls: one function, one ioctl. No policy, no retries (but EINTR), no log. The
// device is exclusive, so it is open only within createSession and retrieveSession; a session lives by its own fd.
//
// Every fd given out is new, belongs to the caller and is close-on-exec. Errors are the kernel's errnos; names that do
// not fit its 64 bytes (with the NUL), are empty or contain a NUL are EINVAL here, since older kernels cut them short.
// Has no state but the path: may be called from several threads at once (of which all but one meet EBUSY on the device).
class LuoDevice final : public core::Luo {
public:
    static const char* const defaultPath; // /dev/liveupdate

    explicit LuoDevice(std::string path = defaultPath) : path_(std::move(path)) {}

    core::Errno<core::UniqueFd> createSession(const std::string& kernelName) override;
    core::Errno<core::UniqueFd> retrieveSession(const std::string& kernelName) override;
    core::Errno<> preserve(int session, int fd, core::Token token) override;
    core::Errno<core::UniqueFd> retrieve(int session, core::Token token) override;
    core::Errno<> finish(int session) override;
    core::Errno<bool> holds(int session, core::Token token) override;
    bool carriesSeals(int session) override;

private:
    core::Errno<core::UniqueFd> onDevice(unsigned long request, const std::string& name);

    std::string path_;
};

} // namespace luod::kernel
