// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus.hpp"
#include "client/lib/fd.hpp"

#include <optional>
#include <string>
#include <vector>

namespace luod::gate {

// The login manager: tells of shutdowns before anything is stopped, and waits for those who hold a delay lock.
class Logind {
public:
    explicit Logind(Bus& bus) : bus_(bus) {}

    bool there() { return bus_.has("org.freedesktop.login1"); }
    // A shutdown begins (what kind, where logind says it: 255 and later; it may be told twice), or came to nothing.
    void onPrepare(std::function<void(bool start, std::optional<std::string> type)> then);
    void onAppearing(std::function<void()> then);

    Got<> takeLock();
    void dropLock() { lock_ = client::Fd(); }
    bool hasLock() const { return lock_.get() >= 0; }
    std::uint64_t longestDelay(); // microseconds

    // As `systemctl kexec` asks for it. Block locks of others count.
    Got<> kexec();
    // "poweroff", "reboot", ...: what shutdown(8) set a time for; "" for nothing.
    std::string scheduled();
    std::vector<std::string> terminals(); // of all sessions: "pts/0", "tty1"

private:
    Bus& bus_;
    client::Fd lock_;
};

} // namespace luod::gate
