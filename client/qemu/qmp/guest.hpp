// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What a live update asks of QEMU. The device state goes into a file and comes out of one; guest memory that lies in
// shared memory stays where it is ("x-ignore-shared").

#include "monitor.hpp"

#include <optional>
#include <vector>

namespace luod::qemu::qmp {

class Guest {
public:
    explicit Guest(Fd socket) : monitor_(std::move(socket)) {}

    int fd() const { return monitor_.fd(); }
    const std::string& version() const { return monitor_.version(); }
    // To be called first. After it nothing but save() or load() is needed.
    Result<> begin(const Deadline& deadline);

    Result<std::string> runState(const Deadline& deadline); // "running", "paused", ...
    Result<std::string> machineType(const Deadline& deadline); // with its version: "pc-q35-7.2"
    // Why the state cannot be saved now; empty: it can.
    Result<std::vector<std::string>> blockers(const Deadline& deadline);

    // Gives QEMU a file for the next save() or load(), which uses it up. The descriptor stays the caller's.
    Result<> lendForSave(int fd, const Deadline& deadline);
    Result<> lendForLoad(int fd, const Deadline& deadline);
    Result<> stop(const Deadline& deadline);
    // Into the file lent; the guest has to stand still. False: interrupted, and nothing is under way any more. After either,
    // and after a failure, go() lets the guest go on.
    Result<bool> save(const Deadline& deadline, const Monitor::Interrupt& interrupt);
    // Out of it, in a QEMU started with "-incoming defer".
    Result<> load(const Deadline& deadline);
    Result<> go(const Deadline& deadline);

    Result<> pressPowerButton(const Deadline& deadline);
    // Forgets what QEMU told without being asked. Failure: it has ended.
    Result<> drain();

private:
    Result<> lend(int fd, int access, const Deadline& deadline);
    Result<> lendInSet(int fd, int access, const Deadline& deadline);
    Result<bool> finished(const Deadline& deadline, const Monitor::Interrupt& interrupt);
    Result<> cancel(const Deadline& deadline);

    Monitor monitor_;
    std::string lent_;       // where QEMU finds the file
    std::optional<int> set_; // in which of its sets of descriptors
};

} // namespace luod::qemu::qmp
