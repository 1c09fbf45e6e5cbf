// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "loop.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace luod::tests {

// The control socket: a line in, a line out, in order, for any number of clients.
class Control {
public:
    using Client = std::uint64_t; // never used twice
    using Handler = std::function<void(Client client, const std::string& line)>;

    // Takes the place of a socket that an earlier boot left at `path`. It appears there only when it listens already,
    // so that whoever waits for it with inotify can connect at once.
    Control(Loop& loop, const std::string& path, Handler handler);
    ~Control();
    void answer(Client client, const std::string& line); // a client that is gone is nobody's loss

private:
    struct Connection {
        core::UniqueFd socket;
        std::string unread;
    };
    void accept();
    void read(Client client);
    void close(Client client);

    Loop& loop_;
    Handler handler_;
    core::UniqueFd socket_;
    std::map<Client, Connection> connections_;
    Client next_ = 1;
};

} // namespace luod::tests
