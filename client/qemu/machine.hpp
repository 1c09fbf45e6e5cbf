// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// From the operator's QEMU command to the one that is run: guest memory lies in files that luo-qemu makes and hands to
// QEMU, so that a live update can carry them.
//
//   -m 2G                                     -object memory-backend-file,id=ram,size=...,mem-path=/proc/self/fd/N,
//                                               share=on -machine memory-backend=ram
//   -object memory-backend-ram,id=m0,size=1G  -object memory-backend-file,id=m0,size=1G,mem-path=/proc/self/fd/N,share=on
//   -object memory-backend-memfd,hugetlb=on   the same, of huge pages
//   -device vfio-pci,fd=@nic@                 @nic@: the number of the descriptor that was opened for "--carry nic=..."

#include "result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace luod::qemu {

using Words = std::vector<std::string>;

struct Backend { // of guest memory
    std::string id;
    std::uint64_t size = 0;
    std::uint64_t hugePage = 0; // bytes; 0: ordinary pages
    std::string properties;     // the others that were given: "host-nodes=0,policy=bind"

    bool operator==(const Backend&) const = default;
};

struct Machine {
    Words command; // without the backends
    std::vector<Backend> memory;

    bool operator==(const Machine&) const = default;
};

// Refused, with the reason, is what a live update cannot carry. carried: names that the command may have between @s.
Result<Machine> machineOf(const Words& command, const Words& carried);

// Descriptors, as QEMU inherits them.
struct Inherited {
    std::vector<int> memory; // in the order of Machine::memory
    std::map<std::string, int> carried;
    int monitor = -1;
};
// `more`: at the end.
Words commandFor(const Machine& machine, const Inherited& fds, const Words& more);

} // namespace luod::qemu
