// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <chrono>
#include <string>

namespace luod::platform {

// The service manager's fd store, by messages to $NOTIFY_SOCKET. Without one (luod run by hand) every call does nothing
// and says success: ask connected().
//
// Names are those of FDNAME=: printable ASCII without colons, 1 to 255 characters, else EINVAL. store() and remove() may
// wait when the service manager does not read its socket: best called from worker threads. The service manager never
// says that its store was full: the caller counts, against capacity(). An fd already in the store is not added again.
class SystemdFdStore final : public core::FdStore {
public:
    // Version 254 and later say in $FDSTORE how much fits; defaultCapacity is for those before.
    explicit SystemdFdStore(std::size_t defaultCapacity,
                            std::chrono::milliseconds settleTimeout = std::chrono::seconds(10));

    bool connected() const { return connected_; }

    core::Errno<> store(const std::string& name, int fd) override; // fd stays the caller's
    void remove(const std::string& name) override;                 // all fds of that name
    core::Errno<> settle() override;                               // ETIMEDOUT after settleTimeout
    std::size_t capacity() const override { return capacity_; }

private:
    bool connected_;
    std::size_t capacity_;
    std::chrono::milliseconds settleTimeout_;
};

} // namespace luod::platform
