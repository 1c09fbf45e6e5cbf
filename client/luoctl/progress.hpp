// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What luoctl kexec says while an update is under way: a line a phase, and on a terminal a last line that changes.

#include "options.hpp"

#include <string>
#include <vector>

namespace luoctl {

class Progress {
public:
    explicit Progress(const Options& options);
    Progress(const Progress&) = delete;
    ~Progress() { clear(); }

    // event and words for programs; the line for people.
    void say(const std::string& event, const std::string& words, const std::string& line);
    // The clients that are awaited; nothing but a terminal shows them. deadline: microseconds for all, 0: not known.
    void waiting(const std::vector<std::string>& who, uint64_t since, uint64_t deadline);
    bool changing() const { return terminal_; }

private:
    void write(const std::string& text);
    void clear();

    const Options& options_;
    bool terminal_;
    bool shown_ = false; // there is a line that changes
    uint64_t start_;
};

// "waiting for a, b and 3 others for 4s, 26s left"
std::string waitingText(const std::vector<std::string>& who, uint64_t waited, uint64_t deadline);

} // namespace luoctl
