// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"

#include <functional>
#include <map>
#include <string>

namespace luosim {

/// The control socket: one line in, one answer out, hang up. It never waits for a client, for the client itself may be
/// supervised and wait for us.
class Control {
public:
    using Answer = std::function<std::string(const std::string& line)>;

    /// A path, or "@NAME" in the abstract name space. 0 or an errno.
    int listen(const std::string& address);
    void onLine(Answer answer) { answer_ = std::move(answer); }

    /// Readable when run() has something to do.
    int fd() const { return epoll_.get(); }
    void run();

    ~Control();

private:
    void accept();
    void serve(int connection);

    Answer answer_;
    Fd epoll_;
    Fd listener_;
    std::string path_; ///< to be removed at the end
    std::map<int, std::pair<Fd, std::string>> connections_;
};

/// "@luo-sim-1234-5f3a": a name nobody else has.
std::string freshControlAddress();

/// `luo-sim ctl WORDS...`: asks the simulator at an address, prints its answer. The exit status.
int askControl(const std::string& address, const std::string& line);

} // namespace luosim
