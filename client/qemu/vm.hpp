// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "child.hpp"
#include "description.hpp"
#include "luod.hpp"
#include "qmp/guest.hpp"

namespace luod::qemu {

// What a guest is made of besides a process: it comes through a live update.
struct Parts {
    Description description;
    std::vector<Fd> memory;  // in the order of description.machine.memory
    std::vector<Fd> carried; // in the order of description.carried
};

// A guest and the QEMU that runs it.
struct Vm {
    Parts parts;
    Child child;
    qmp::Guest guest;
};

// As a session has them, but without tokens.
std::vector<File> ordinaryMemoryOf(const Parts& parts); // every kernel takes it; the time is in proportion to it
std::vector<File> hugeMemoryOf(const Parts& parts);
std::vector<File> carriedBy(const Parts& parts);

// Memory and files for a guest that has not run yet. paths: of what is to be carried, by name.
Result<Parts> freshParts(Machine machine, const std::vector<std::pair<std::string, std::string>>& paths);

// Starts QEMU with these parts, the guest standing still, and asks what it is. more: at the end of the command.
Result<Vm> launch(Parts parts, const Words& more);

} // namespace luod::qemu
