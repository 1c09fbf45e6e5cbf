// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "client/lib/fd.hpp"
#include "machine.hpp"

namespace luod::qemu {

using client::Fd;

// An empty memfd that a live update can carry.
Result<Fd> emptyFile(const std::string& name, unsigned flags = 0);
// Guest memory: of its final size, since what is preserved cannot grow.
Result<Fd> memoryFor(const Backend& backend);

} // namespace luod::qemu
