// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Troubles of luod's that last as long as a test wants (adversity.cpp).

#include "adversity.hpp"
#include "temp_dir.hpp"

#include <string>
#include <vector>

namespace luod::tests {

class Adverse {
public:
    Adverse();
    ~Adverse();
    Adverse(const Adverse&) = delete;
    Adverse& operator=(const Adverse&) = delete;

    std::vector<std::string> environment() const; // luod's
    Adversity* operator->() const { return shared_; }

private:
    TempDir dir_;
    Adversity* shared_;
};

} // namespace luod::tests
