// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The serial port of a test's guest (guest/guest.cpp says what it answers). The test listens, and QEMU connects: so it is
// there before the guest is, and stays when the guest moves.

#include "core/unique_fd.hpp"
#include "temp_dir.hpp"
#include "waiting.hpp"

#include <string>
#include <vector>

namespace luod::tests {

class GuestLine {
public:
    GuestLine();
    // For QEMU's command.
    std::vector<std::string> arguments() const;

    void accept();    // a QEMU is there
    void waitBooted();
    std::string ask(char question); // what follows the word
    unsigned long number(char question) { return std::stoul(ask(question)); }

    // No QEMU can start while this lives.
    class Cut {
    public:
        explicit Cut(GuestLine& line) : line_(line) { line_.listener_.reset(); }
        ~Cut() { line_.listen(); }
        Cut(const Cut&) = delete;
        Cut& operator=(const Cut&) = delete;

    private:
        GuestLine& line_;
    };

private:
    void listen();
    std::string read();

    TempDir dir_;
    core::UniqueFd listener_, line_;
};

} // namespace luod::tests
