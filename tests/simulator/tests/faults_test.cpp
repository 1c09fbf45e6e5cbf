// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scenario_test.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace {

constexpr int killed = 128 + 9;

std::string kill(int nth, const std::string& how) {
    return "call:nth=" + std::to_string(nth) + ":" + how;
}

} // namespace

TEST(Faults, StrikeWhereTheyShould) {
    passes("faultsStrikeWhereTheyShould",
           {"--fault", "preserve:token=7:nth=2:errno=ENOMEM", "--fault", "open:nth=1:errno=EMFILE"});
}
TEST(Faults, TheFirstOpenFailsForTheWholeBoot) {
    passes("theFirstOpenFailsForTheWholeBoot", {"--fault", "open:errno=EIO"});
}
TEST(Faults, LoadingAndRebootingMayFail) {
    passes("loadingAndRebootingMayFail",
           {"--fault", "load:nth=1:errno=EADDRNOTAVAIL", "--fault", "reboot:nth=1:errno=EBUSY"});
}
TEST(Faults, PowerIsLostInTheJump) {
    passes("powerIsLostInTheJump", {"--fault", "kexec:power-loss"});
}
TEST(Faults, ASlowCallHoldsUpOnlyItsCaller) {
    passes("aSlowCallHoldsUpOnlyItsCaller", {"--fault", "preserve:session=slow:delay=300ms"});
}
TEST(Faults, AKilledCallerTakesItsCallAlong) {
    passes("aKilledCallerTakesItsCallAlong", {"--fault", "preserve:session=slow:delay=10s"});
}

// twoBoots makes the calls open, create, preserve, load, reboot; open, retrieve-session three times, retrieve twice,
// finish.
TEST(Faults, EveryCallCanBeTheLastBeforeItIsDone) {
    for (int nth = 1; nth <= 12; ++nth)
        EXPECT_EQ(simulate("twoBoots", {"--fault", kill(nth, "kill")}).status, killed) << nth;
    passes("twoBoots", {"--fault", kill(13, "kill")});
}
TEST(Faults, EveryCallCanBeTheLastAfterItIsDone) {
    for (int nth = 1; nth <= 12; ++nth) {
        const bool reboot = nth == 5; // done, it leaves nobody to kill
        EXPECT_EQ(simulate("twoBoots", {"--fault", kill(nth, "kill-after")}).status, reboot ? 0 : killed) << nth;
    }
}

TEST(Faults, WrongOnesAreExplained) {
    const auto result = simulate("twoBoots", {"--fault", "preserve:errno=EWHAT"});
    EXPECT_EQ(result.status, 125);
    EXPECT_NE(result.output.find("EWHAT"), std::string::npos) << result.output;
}

TEST(Profiles, AnotherMemfdVersionIsAnUnreadableHandover) {
    const auto result = simulate("twoBoots", {"--next-version-string", "memfd=memfd-v9"});
    EXPECT_NE(result.output.find("boot 2: device >= 0"), std::string::npos) << result.output;
}
TEST(Profiles, AnotherKhoVersionLosesAll) {
    const auto result = simulate("powerIsLostInTheJump", {"--next-profile", "7.0", "--next-cmdline", "liveupdate=on"});
    EXPECT_EQ(result.status, 0) << result.output;
}
TEST(Profiles, AnotherLuoVersionPanics) {
    const auto result =
        simulate("powerIsLostInTheJump", {"--next-version-string", "luo=luo-v9", "--next-cmdline", "liveupdate=on"});
    EXPECT_EQ(result.status, 0) << result.output;
    EXPECT_NE(result.output.find("panicked"), std::string::npos) << result.output;
}
TEST(Profiles, UnknownOnesAreRefused) {
    EXPECT_EQ(simulate("twoBoots", {"--profile", "2.4"}).status, 125);
}

TEST(Control, WorksFromInside) {
    passes("controlFromInside");
}
TEST(Control, ListensWhereItIsTold) {
    const std::string path = testing::TempDir() + "luo-sim-control-" + std::to_string(getpid());
    passes("controlFromInside", {"--control", path});
    EXPECT_NE(access(path.c_str(), F_OK), 0) << "the socket is left behind";
}
TEST(Control, OutsideThereIsNobody) {
    EXPECT_EQ(run({simulatorPath(), "ctl", "--control", "@nobody-is-here", "count"}).status, 1);
    EXPECT_EQ(run({simulatorPath(), "ctl", "count"}).status, 125);
}

TEST(Trace, TellsWhatHappensInWords) {
    const std::string path = testing::TempDir() + "luo-sim-trace-" + std::to_string(getpid());
    passes("traceTellsWhatHappens", {"--trace=" + path});
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    EXPECT_NE(text.str().find("]: create session \"told\" = 0\n"), std::string::npos) << text.str();
    EXPECT_EQ(text.str().find("untold"), std::string::npos) << text.str();
    EXPECT_NE(text.str().find("]: create session \"\" = EINVAL (Invalid argument)\n"), std::string::npos) << text.str();
    unlink(path.c_str());
}
