// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Contents of files into memfds and out of them again.

#include "luod.hpp"

namespace luoctl {

// A memfd with what `source` holds from its position on; holes stay holes. Its own position is 0.
Fd memfdOf(int source, const std::string& name);

// The whole content of a memfd, whatever its position, which is left alone: others share it. Into a regular file holes
// are not written. Throws, EPIPE included: what did not arrive must not count as retrieved.
void writeContent(int memfd, int out);

} // namespace luoctl
