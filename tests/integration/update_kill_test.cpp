// SPDX-License-Identifier: LGPL-2.1-or-later

// Somebody is killed in a live update: luod, at every call that it makes of the kernel and at each of its writes and
// messages; the program that asked for the update; a client. Nothing may be lost, and nobody may wait for ever.

#include "binaries.hpp"
#include "expect.hpp"
#include "kills.hpp"
#include "memfd.hpp"
#include "process.hpp"
#include "update_script.hpp"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace luod::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<std::string> succeed(World& world) { return UpdateScript(world).run(); }

// The first attempt is aborted by the kernel, when everything else is done.
std::vector<std::string> abortOnce(World& world) {
    world.fault("reboot:freeze:nth=1:errno=EBUSY");
    return UpdateScript(world).run();
}

std::vector<std::string> comeToNothing(World& world) {
    world.fault("kexec:power-loss");
    return UpdateScript(world, "cold-boot").run();
}

struct Kind {
    const char* name;
    std::vector<std::string> (*play)(World&);
};
class KillOfLuod : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(InAnUpdate, KillOfLuod,
                         testing::Values(Kind{"ThatSucceeds", succeed}, Kind{"ThatIsAborted", abortOnce},
                                         Kind{"ThatEndsInAColdBoot", comeToNothing}),
                         [](const auto& info) { return info.param.name; });

TEST_P(KillOfLuod, AtEveryCall) { killAtEveryCall({GetParam().play}, 20); }
TEST_P(KillOfLuod, AtEveryWriteAndMessage) { killAtWritesAndMessages({GetParam().play}, 100, 500); }

class KillInAnUpdate : public testing::Test {
protected:
    KillInAnUpdate() {
        const core::UniqueFd file = memfdWith("guest memory");
        expectDone(lead.client.preserve(lead.client.made("vm1"), file.get(), 7, "ram"));
        expectDone(lead.load());
    }
    Process kexec() {
        std::vector<std::string> words{binary("luoctl"), "kexec", "--mode=direct", "--timeout=5min"};
        for (const char* finding : Lead::allThatNeedsAnImage())
            words.push_back(std::string("--force=") + finding);
        return Process({.command = words, .environment = world.bus().environment()});
    }
    void expectItGoesOver() {
        world.luod().waitNextBoot();
        EXPECT_EQ(lead.handover(), "done");
        core::UniqueFd back;
        expectDone(lead.client.retrieve(lead.client.found("vm1", "incoming"), 7, back));
        EXPECT_EQ(contentOf(back.get()), "guest memory");
    }

    World world;
    Lead lead{world};
};

TEST_F(KillInAnUpdate, OfTheProgramThatAskedForItStopsNothing) {
    Party client(world, "vmm");
    Process asked = kexec();
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    asked.signal(SIGKILL);
    EXPECT_EQ(asked.wait(), 128 + SIGKILL);
    EXPECT_EQ(lead.phase(), "preparing");
    client.ready();
    expectItGoesOver();
    EXPECT_EQ(client.hear().outcome, "done");
}

TEST_F(KillInAnUpdate, OfTheProgramThatAskedForItLeavesItToOthersToAbort) {
    Party client(world, "vmm");
    Process asked = kexec();
    EXPECT_EQ(client.hear().type, LUOD_EVENT_PREPARE);
    asked.signal(SIGKILL);
    asked.wait();
    expectDone(lead.abort("its operator is gone"));
    EXPECT_EQ(client.hear().outcome, "aborted");
    EXPECT_EQ(lead.phase(), "idle");
}

TEST_F(KillInAnUpdate, OfAClientBetweenTheSignalAndItsWordCountsAsTheWord) {
    Party other(world, "other");
    // The lock is luoctl's own; its command outlives it, until its standard input ends with us.
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const core::UniqueFd in(ends[0]), ours(ends[1]);
    Process client({.command = {binary("luoctl"), "inhibit", "--mode=delay", "--who=killed", "--", "/bin/sh", "-c", "echo held; cat"},
                    .environment = world.bus().environment(), .fds = {{0, in.get()}}});
    EXPECT_EQ(readLine(client.out()), "held");
    expectDone(lead.begin({.deadline = std::chrono::minutes(5)}));
    EXPECT_EQ(other.hear().type, LUOD_EVENT_PREPARE);
    other.ready();
    EXPECT_EQ(lead.phase(), "preparing");
    client.signal(SIGKILL);
    expectItGoesOver();
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("ready other"), HasSubstr("ready killed")));
}

} // namespace
} // namespace luod::tests
