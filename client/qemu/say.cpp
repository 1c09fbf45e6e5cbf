// SPDX-License-Identifier: LGPL-2.1-or-later
#include "say.hpp"

#include <cstdio>
#include <cstdlib>

namespace luod::qemu {

void say(int priority, const std::string& words) {
    if (std::getenv("JOURNAL_STREAM"))
        std::fprintf(stderr, "<%d>%s\n", priority, words.c_str());
    else
        std::fprintf(stderr, "luo-qemu: %s\n", words.c_str());
}

} // namespace luod::qemu
