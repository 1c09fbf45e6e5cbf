// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// judge()'s part that compares version strings: the next kernel does it in the same way, exactly.

#include "proto/image/handlers.hpp"
#include "proto/image/judge.hpp"

namespace luod::image {

Finding judgeKho(const Case& question);
Finding judgeLuo(const Case& question);
Finding judgeHandler(const Case& question, const std::string& name);

} // namespace luod::image
