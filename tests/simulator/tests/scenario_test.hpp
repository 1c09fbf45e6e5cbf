// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "run.hpp"

#include <gtest/gtest.h>

/// The scenario finds nothing wrong, and nobody has anything to say.
inline void passes(const std::string& scenario, const std::vector<std::string>& options = {}) {
    const auto result = simulate(scenario, options);
    EXPECT_EQ(result.status, 0) << result.output;
    EXPECT_EQ(result.output, "");
}

/// For scenarios whose own name says what is tested.
#define SCENARIO_TEST(suite, scenario)                                                                                 \
    TEST(suite, scenario) {                                                                                            \
        passes(#scenario);                                                                                             \
    }
