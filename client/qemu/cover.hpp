// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What a running guest has of luod, so that a live update can come: a lock, by which it is asked first, and an outgoing
// session with its memory.

#include "background.hpp"
#include "freezer.hpp"

#include <functional>

namespace luod::qemu {

class Cover {
public:
    Cover(sd_event* loop, std::string name, std::uint64_t deadline)
        : name_(std::move(name)), deadline_(deadline), background_(loop) {}

    // The lock, the session, and in it memory that a kernel may refuse: before there is a guest.
    Result<> begin(Luod& luod, const Parts& parts);
    // Devices, which a kernel may refuse too, and which QEMU has to have bound before; and what is small.
    Result<> attach(Luod& luod, Vm& vm);
    // The rest of its memory, beside the loop. done hears what came of it.
    void fill(const Vm& vm, std::function<void(const Result<>&)> done);
    bool filling() const { return background_.busy(); }
    bool complete() const { return complete_; } // the guest can be frozen at any time

    // Within so many microseconds, and this guest's own deadline. Otherwise as Freezer::freeze().
    Result<bool> freeze(Vm& vm, Luod& luod, std::uint64_t time, const qmp::Monitor::Interrupt& interrupt);
    void letGo() { lock_ = Fd(); } // the word "ready"
    Result<> thaw(Vm& vm) { return freezer_.thaw(vm); }
    std::uint64_t stood() const { return freezer_.stood(); }

    // Gives the session up, and the lock: begin() can be called again.
    Result<> drop(Luod& luod);

private:
    Result<> preserve(Luod& luod, std::vector<File> files);

    std::string name_;
    std::uint64_t deadline_;
    Background background_;
    Fd lock_, description_;
    Outgoing outgoing_;
    Freezer freezer_;
    bool complete_ = false;
};

} // namespace luod::qemu
