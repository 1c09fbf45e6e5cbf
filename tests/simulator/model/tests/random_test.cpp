// SPDX-License-Identifier: LGPL-2.1-or-later
// One seed again: LUO_SIM_SEED=17 luo-model-test --gtest_filter='*Random*'. More of them: LUO_SIM_SEEDS=10000.

#include "random_program.hpp"

#include <cstdlib>

namespace luosim::model {
namespace {

unsigned fromEnvironment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

class Random : public testing::TestWithParam<const char*> {};

TEST_P(Random, ProgramsKeepTheRules) {
    const unsigned first = fromEnvironment("LUO_SIM_SEED", 1);
    const unsigned count = std::getenv("LUO_SIM_SEED") ? 1 : fromEnvironment("LUO_SIM_SEEDS", 200);
    std::map<std::string, int> went, refused;
    for (unsigned seed = first; seed < first + count; ++seed) {
        SCOPED_TRACE("LUO_SIM_SEED=" + std::to_string(seed));
        RandomProgram program(GetParam(), seed);
        for (int step = 0; step < 300; ++step) {
            program.step();
            if (HasFailure()) {
                FAIL() << "seed " << seed << ", step " << step;
            }
        }
        for (const auto& [what, times] : program.went())
            went[what] += times;
        for (const auto& [what, times] : program.refused())
            refused[what] += times;
    }
    if (count < 100)
        return;
    // Rules that nothing comes near are not tested.
    for (const char* what :
         {"create", "preserve", "preserve device", "close", "retrieve session", "retrieve", "finish", "reboot"}) {
        EXPECT_GT(went[what], 100) << what;
        EXPECT_GT(refused[what], 100) << what;
        RecordProperty(std::string(what) + " went", went[what]);
        RecordProperty(std::string(what) + " refused", refused[what]);
    }
}

INSTANTIATE_TEST_SUITE_P(Strict, Random, testing::Values("7.2", "7.3", "future"));

} // namespace
} // namespace luosim::model
