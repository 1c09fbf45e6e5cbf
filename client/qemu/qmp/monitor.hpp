// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Commands and their answers; events in between are kept until they are asked for. One command at a time.

#include "connection.hpp"

#include <deque>
#include <functional>

namespace luod::qemu::qmp {

class Monitor {
public:
    explicit Monitor(Fd socket) : connection_(std::move(socket)) {}

    int fd() const { return connection_.fd(); }
    // QEMU's greeting, and its leave to go on: before anything else.
    Result<> greet(const Deadline& deadline);
    // "7.2.22 (Debian 1:7.2+dfsg-7)", as the greeting said.
    const std::string& version() const { return version_; }

    // What it returns; a failure has QEMU's own words.
    Result<Json> execute(const char* command, const Deadline& deadline, Json arguments = Json::object(), int fd = -1);

    // The next event for which `wanted` is true; earlier ones are forgotten. Nothing: `interrupt` said true, which is asked
    // whenever `other` is readable.
    using Wanted = std::function<bool(const std::string& name, const Json& data)>;
    struct Interrupt {
        int fd = -1;
        std::function<bool()> happened = [] { return false; };
    };
    Result<std::optional<Json>> event(const Deadline& deadline, const Wanted& wanted, const Interrupt& interrupt);
    Result<std::optional<Json>> event(const Deadline& deadline, const Wanted& wanted) {
        return event(deadline, wanted, Interrupt());
    }
    // Takes what has come and was not asked for: an event that nobody waits for. Failure: QEMU has ended.
    Result<> drain();
    void forgetEvents() { events_.clear(); }

private:
    Result<Json> next(const Deadline& deadline);

    Connection connection_;
    std::string version_;
    std::deque<Json> events_;
    std::uint64_t last_ = 0; // command's id
};

} // namespace luod::qemu::qmp
