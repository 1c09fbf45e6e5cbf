// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "luod.hpp"

#include <thread>

namespace luoctl {

// Ctrl-C while there is one of these: the first is noted, the second ends the program, whatever it waits for. A thread
// of its own takes them: a signal handler would break off the call to luod that is under way, whose answer is wanted.
class Interrupts {
public:
    Interrupts();
    Interrupts(const Interrupts&) = delete;
    ~Interrupts();
    int fd() const { return noted_.get(); } // readable when the first has come
    bool take();                            // whether it has come since the last time

private:
    void watch();

    Fd signals_, noted_, stop_;
    std::thread thread_;
};

} // namespace luoctl
