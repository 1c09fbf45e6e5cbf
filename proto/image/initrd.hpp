// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What is in an initrd: cpio archives one behind the other, the last of them compressed or not.

#include "proto/image/bytes.hpp"

#include <string>
#include <vector>

namespace luod::image {

struct InitrdFiles {
    std::vector<std::string> paths; // "usr/lib/modules/..."
    std::string trouble;            // not "": there may be more files in it, and this is why they are not known
};
InitrdFiles listInitrd(Bytes initrd);

} // namespace luod::image
