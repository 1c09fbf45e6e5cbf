// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"
#include "temp_dir.hpp"

#include <string>

namespace luod::tests {

// A FUSE server, by hand, that lets its one file be opened and then answers nothing more: who asks the file anything
// waits. Not closing it: see open().
class DeafFuse {
public:
    DeafFuse();
    ~DeafFuse(); // lets go of all who wait
    bool mounted() const { return mounted_; } // false: there is no /dev/fuse, or no right to mount

    // Opened with FOPEN_NOFLUSH. Without it every close() would wait, the bus's own first of all.
    core::UniqueFd open();
    bool wasAsked() const; // whether somebody waits

private:
    bool answer();

    TempDir dir_;
    std::string at_;
    core::UniqueFd server_;
    bool mounted_ = false;
};

} // namespace luod::tests
