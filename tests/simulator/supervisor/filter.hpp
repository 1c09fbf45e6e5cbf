// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"

#include <linux/filter.h>

#include <vector>

namespace luosim {

/// The program that decides, inside the kernel, which calls come to the supervisor; everything else runs at full speed.
std::vector<sock_filter> buildFilter();

/// Puts the calling thread under the filter; an empty Fd and errno when the machine refuses.
Fd installFilter();

/// What a person can do about the errno of installFilter().
const char* explainFilterError(int error);

} // namespace luosim
