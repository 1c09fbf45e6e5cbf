// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The wire of QEMU's machine protocol: a JSON object a line, over a stream socket that can carry descriptors.

#include "client/lib/fd.hpp"
#include "client/qemu/clock.hpp"
#include "client/qemu/result.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace luod::qemu::qmp {

using Json = nlohmann::json;
using client::Fd;

class Connection {
public:
    explicit Connection(Fd socket) : socket_(std::move(socket)) {}

    int fd() const { return socket_.get(); }
    // With a descriptor beside it, where one is given: it stays the caller's.
    Result<> send(const Json& message, int fd = -1);
    // The next message that has come; none: nothing has come yet. Never waits.
    Result<std::optional<Json>> take();
    // Waits until there may be something to take, or until `other` is readable (-1: nothing else is watched).
    Result<> wait(const Deadline& deadline, int other = -1);

private:
    Result<bool> receive();

    Fd socket_;
    std::string received_; // and not taken yet
};

} // namespace luod::qemu::qmp
