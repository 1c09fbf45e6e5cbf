// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What the next kernel's luo-qemu has to know of a guest besides its memory and its devices' state. A command may be
// longer than the metadata of a file, so it lies in a small file of its own in the session.

#include "memory.hpp"

namespace luod::qemu {

struct Description {
    Machine machine;
    std::string machineType; // with its version: the next QEMU may be another one, for which "q35" is something else
    std::string qemuVersion;
    std::string directory; // where the command was run
    Words carried;         // names

    bool operator==(const Description&) const = default;
};

Result<Fd> fileOf(const Description& description);
Result<Description> descriptionIn(int fd);

} // namespace luod::qemu
