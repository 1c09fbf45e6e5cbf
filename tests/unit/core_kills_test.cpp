// SPDX-License-Identifier: LGPL-2.1-or-later

// luod is killed at every call it makes of the world. What its callers were told of has to be there afterwards.

#include "unit/core_story.hpp"

namespace luod::test {
namespace {

enum class Then {
    Restart,
    Kexec,      // luod dead, nothing in the fd store travels
    KexecCarry, // luod dead, the fd store travels
    LiveKexec,  // the kernel is replaced under a luod at work
    LiveKexecCarry,
};

class KillTest : public testing::TestWithParam<Then> {
protected:
    struct Outcome {
        bool killed = false;
        std::string in;
    };
    static bool live() { return GetParam() == Then::LiveKexec || GetParam() == Then::LiveKexecCarry; }
    static bool carry() { return GetParam() == Then::KexecCarry || GetParam() == Then::LiveKexecCarry; }

    // Runs `what` up to the n-th call of the world.
    static Outcome killAt(World& world, Story& story, std::size_t n, std::size_t torn, auto what) {
        Outcome outcome;
        world.script.calls = 0;
        world.script.killAt = n;
        FakeLedgerBytes::tornAfter = torn;
        if (live())
            world.script.onKill = [&] { world.kexec(carry()); };
        try {
            what();
        } catch (const Killed&) {
            outcome = {true, world.script.killedIn};
        }
        FakeLedgerBytes::tornAfter = 0;
        world.script.calm();
        if (!outcome.killed && live())
            world.kexec(carry());
        story.life.reset();
        if (GetParam() == Then::Kexec || GetParam() == Then::KexecCarry)
            world.kexec(carry());
        if (GetParam() != Then::Restart)
            story.crossOver();
        world.script.onKill = [&world] { world.guard(); };
        return outcome;
    }
    static void expectAllIsThere(Story& story) {
        story.start();
        if (testing::Test::HasFatalFailure() || !story.life->custodian)
            return;
        EXPECT_FALSE(story.life->noted(Note::LedgerRefused));
        story.expectAllIsThere(GetParam() != Then::Restart);
        story.expectUsable();
    }
};

TEST_P(KillTest, AtAnyCallOfTheFirstBootNothingIsMissingAfterwards) {
    bool goOn = true;
    for (std::size_t n = 1; goOn; ++n)
        for (std::size_t torn : {0, 7, 30}) {
            World world;
            world.firstSize = 4096;
            Story story(world);
            auto outcome = killAt(world, story, n, torn, [&] { story.firstBoot(); });
            goOn = outcome.killed;
            if (torn && outcome.in != "write")
                break;
            SCOPED_TRACE(fmt::format("killed in call {} ({}), {} bytes got through", n, outcome.in, torn));
            expectAllIsThere(story);
            ASSERT_FALSE(HasFailure());
            ASSERT_LT(n, 1000u);
        }
}

class KillInSecondBootTest : public KillTest {
protected:
    static void killAtAnyCall(void (Story::*boot)()) {
        for (bool carried : {false, true}) {
            bool goOn = true;
            for (std::size_t n = 1; goOn; ++n)
                for (std::size_t torn : {0, 7}) {
                    World world;
                    world.firstSize = 4096;
                    Story story(world);
                    story.firstBoot();
                    story.life.reset();
                    world.kexec(carried);
                    story.crossOver();
                    auto outcome = killAt(world, story, n, torn, [&] { (story.*boot)(); });
                    goOn = outcome.killed;
                    if (torn && outcome.in != "write")
                        break;
                    SCOPED_TRACE(fmt::format("{}, killed in call {} ({}), {} bytes got through",
                                             carried ? "fd store carried" : "fd store empty", n, outcome.in, torn));
                    expectAllIsThere(story);
                    ASSERT_FALSE(HasFailure());
                    ASSERT_LT(n, 1000u);
                }
        }
    }
};

TEST_P(KillInSecondBootTest, NothingIsMissingAfterwards) { killAtAnyCall(&Story::secondBoot); }
TEST_P(KillInSecondBootTest, NothingIsMissingAfterSessionsWereCarriedForward) { killAtAnyCall(&Story::carryingBoot); }

class KillTwiceTest : public KillTest {};

// Killed, and then killed again at each call of the start after that.
TEST_P(KillTwiceTest, AtAnyCallOfTheNextStartToo) {
    for (std::size_t first = 9; first < 400; first += 13) {
        bool goOn = true, over = false;
        for (std::size_t n = 1; goOn; ++n) {
            World world;
            world.firstSize = 4096;
            Story story(world);
            auto outcome = killAt(world, story, first, 0, [&] { story.firstBoot(); });
            over = !outcome.killed;
            world.script.killAt = n;
            goOn = false;
            try {
                story.start();
            } catch (const Killed&) {
                goOn = true;
            }
            SCOPED_TRACE(fmt::format("killed in call {} ({}), then in call {} ({}) of the start", first, outcome.in, n,
                                     world.script.killedIn));
            world.script.calm();
            expectAllIsThere(story);
            ASSERT_FALSE(HasFailure());
            ASSERT_LT(n, 500u);
        }
        if (over)
            break;
    }
}

std::string nameOf(const testing::TestParamInfo<Then>& info) {
    constexpr const char* names[] = {"Restart", "Kexec", "KexecCarry", "LiveKexec", "LiveKexecCarry"};
    return names[int(info.param)];
}
const auto everyWay =
    testing::Values(Then::Restart, Then::Kexec, Then::KexecCarry, Then::LiveKexec, Then::LiveKexecCarry);
INSTANTIATE_TEST_SUITE_P(All, KillTest, everyWay, nameOf);
INSTANTIATE_TEST_SUITE_P(All, KillInSecondBootTest, everyWay, nameOf);
INSTANTIATE_TEST_SUITE_P(All, KillTwiceTest, testing::Values(Then::Restart, Then::Kexec, Then::KexecCarry), nameOf);

} // namespace
} // namespace luod::test
