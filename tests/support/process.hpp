// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"
#include "waiting.hpp"

#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace luod::tests {

struct ProcessOptions {
    std::vector<std::string> command;
    std::map<std::string, std::string> environment; // besides our own; "" takes a variable away
    std::vector<std::pair<int, int>> fds;           // its number there, our fd
    bool captureOutput = true;                      // otherwise it writes where we do
    bool captureErrors = false;
    std::string logFile;       // where standard error goes instead, "" for nowhere else
    std::optional<uid_t> user; // run as this uid and gid, without further groups; takes root
};

struct Outcome {
    int status = -1; // exit status, or 128 + signal
    std::string out, err;
};

// A child process. It ends with its owner, and with the whole test.
class Process {
public:
    explicit Process(ProcessOptions options);
    explicit Process(std::vector<std::string> command) : Process(ProcessOptions{.command = std::move(command)}) {}
    ~Process();
    Process(Process&&) noexcept;
    Process& operator=(Process&&) = delete;

    pid_t pid() const { return pid_; }
    int pidfd() const { return pidfd_.get(); } // readable when it has ended
    int out() const { return out_.get(); }     // its standard output, when captured
    void signal(int number) const;
    // Exit status, or 128 + signal. Throws when the deadline passes.
    int wait(const Deadline& deadline = Deadline());
    // Reads all that it says until it has ended.
    Outcome finish(const Deadline& deadline = Deadline());
    // SIGTERM, and SIGKILL when that does not help. Nothing when it is dead already.
    void end();

private:
    pid_t pid_ = 0;
    core::UniqueFd pidfd_, out_, err_;
    std::optional<int> status_;
};

// Runs a command to its end.
Outcome run(ProcessOptions options, const Deadline& deadline = Deadline());
Outcome run(std::vector<std::string> command, const Deadline& deadline = Deadline());

} // namespace luod::tests
