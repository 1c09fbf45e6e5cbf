// SPDX-License-Identifier: LGPL-2.1-or-later

// Live updates that come to nothing: the guest goes on, and luod knows why.

#include "host.hpp"

#include <csignal>
#include <fmt/format.h>

namespace luod::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr unsigned long gapGoal = 1000; // milliseconds; without a machine around it that is itself emulated, it takes ten

// What the guest itself finds that it lost, in words for the log.
unsigned long printedGap(Hosted& guest, const char* when) {
    const auto gap = guest.line.number('g');
    fmt::print("[   GAP    ] {}: {} ms, by the guest's own clock\n", when, gap);
    return gap;
}

// An update in which somebody else never gets ready.
class Stuck : public HostTest {
protected:
    void beginStuck() {
        load();
        other.emplace(world, "other");
        beginUpdate();
    }
    void abort() { expectDone(lead.abort("the test says so")); }
    std::optional<Party> other;
};

TEST_F(Stuck, AbortedItGoesOnAndComesThroughTheNext) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    guest.line.number('g');
    for (int times = 0; times < 2; ++times) {
        beginStuck();
        guest.waitFrozen();
        abort();
        guest.waitStatus("The guest runs");
        EXPECT_LT(printedGap(guest, "aborted"), gapGoal);
        expectGoneOn(seen, guest);
        guest.waitCovered();
        other.reset();
    }
    EXPECT_THAT(guest.said(), HasSubstr("aborted while the guest stood still: it goes on after"));
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(Stuck, AGuestThatWasPausedStaysPaused) {
    Hosted guest(world, {.machine = {"-machine", "q35", "-S"}});
    guest.begin();
    guest.waitStatus("READY=1");
    guest.waitCovered();
    beginStuck();
    guest.waitFrozen();
    abort();
    guest.waitCovered();
    other.reset();
    update();
    EXPECT_EQ(counterIn("vm1", "memory.ram"), 0u); // it never ran, not even for a moment
    guest.begin();
    guest.waitStatus("READY=1");
    guest.waitCovered();
}

TEST_F(Stuck, ItsQemuIsKilledWhileItStandsStill) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    beginStuck();
    guest.waitFrozen();
    kill(guest.qemu(), SIGKILL);
    guest.waitStatus("its QEMU has ended");
    abort();
    guest.waitStatus("The guest runs");
    guest.line.accept(); // another one was started, with what was saved
    expectGoneOn(seen, guest);
    EXPECT_THAT(guest.said(), HasSubstr("nothing is lost"));
    guest.waitCovered();
    other.reset();
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(Stuck, ItsQemuIsKilledThenAndTheUpdateComes) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    beginStuck();
    guest.waitFrozen();
    kill(guest.qemu(), SIGKILL);
    other->ready();
    world.luod().waitNextBoot();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(Stuck, LuodIsKilledWhileItStandsStill) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    beginStuck();
    guest.waitFrozen();
    world.luod().kill();
    abort();
    guest.waitStatus("The guest runs");
    expectGoneOn(seen, guest);
    guest.waitCovered();
    other.reset();
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(Stuck, AnUpdateThatIsAbortedBeforeItIsSaved) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    const pid_t qemu = guest.qemu();
    kill(qemu, SIGSTOP);
    beginStuck();
    guest.waitStatus("is being saved");
    abort();
    kill(qemu, SIGCONT);
    guest.waitCovered(); // anew
    EXPECT_THAT(guest.said(), HasSubstr("aborted while the guest was being saved: it goes on after"));
    expectGoneOn(seen, guest);
    other.reset();
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(Stuck, ItsServiceIsStoppedWhileItStandsStill) { // as by a shutdown, which comes after the barrier
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    beginStuck();
    guest.waitFrozen();
    kill(guest.pid(), SIGTERM);
    EXPECT_EQ(guest.wait(), 0);
    EXPECT_THAT(guest.said(), HasSubstr("goes on in the next kernel"));
    guest.begin();
    EXPECT_EQ(guest.wait(), 1); // it must not start anew meanwhile
    EXPECT_THAT(guest.said(), HasSubstr("luoctl discard vm1"));
    other->ready();
    world.luod().waitNextBoot();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(HostTest, ItsQemuIsKilledBeforeItIsSaved) {
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    const pid_t qemu = guest.qemu();
    kill(qemu, SIGSTOP); // so that it is asked, and does not answer
    load();
    beginUpdate();
    guest.waitAsked();
    kill(qemu, SIGKILL);
    EXPECT_EQ(guest.wait(), 128 + SIGKILL);
    lead.waitPhase("idle");
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("aborted"), HasSubstr("guest vm1: "), HasSubstr("QEMU has ended")));
    EXPECT_EQ(sessions(), "");
}

TEST_F(HostTest, AnUpdateIsHeardOfTogetherWithTheEndOfTheOneBefore) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    kill(guest.pid(), SIGSTOP);
    load();
    beginUpdate();
    lead.waitPhase("preparing");
    expectDone(lead.abort("the test says so"));
    beginUpdate();
    lead.waitPhase("preparing");
    kill(guest.pid(), SIGCONT);
    world.luod().waitNextBoot();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(HostTest, AStateThatCannotBeSavedStopsTheUpdate) {
    Hosted guest(world, {.machine = {"-machine", "q35", "-usb", "-device", "usb-wacom-tablet"}});
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    guest.line.number('g');
    load();
    beginUpdate();
    guest.waitCovered(); // anew, once that is over
    EXPECT_LT(printedGap(guest, "not saved"), gapGoal);
    expectGoneOn(seen, guest);
    lead.waitPhase("idle");
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("aborted"), HasSubstr("guest vm1: "), HasSubstr("wacom")));
    EXPECT_THAT(sessions(), AllOf(HasSubstr("vm1"), HasSubstr("outgoing")));
}

TEST_F(HostTest, ARestoreThatFailsIsTriedAgain) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    update();
    {
        const GuestLine::Cut cut(guest.line); // what QEMU's command wants is not there
        guest.begin();
        EXPECT_EQ(guest.wait(), 1);
    }
    EXPECT_THAT(guest.said(), AllOf(HasSubstr("QEMU does not start: exit status 1"), HasSubstr("The session is kept"),
                                    HasSubstr("luoctl retrieve vm1 memory.ram")));
    EXPECT_GE(counterIn("vm1", "memory.ram"), seen.counter);
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(HostTest, ARestoreThatFailsIsTriedAgainWithAnotherCommand) {
    Hosted guest(world, {.machine = {"-machine", "q35", "-device", "virtio-rng-pci"}});
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    update();
    guest.setOptions({"--as-given"});
    guest.setMachine({"-machine", "q35", "-m", "64M"});
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_THAT(guest.said(), AllOf(HasSubstr("other memory"), HasSubstr("The session is kept")));
    guest.setMachine({"-machine", "q35"});
    guest.begin();
    EXPECT_EQ(guest.wait(), 1);
    EXPECT_THAT(guest.said(), AllOf(HasSubstr("QEMU does not accept the saved state"), HasSubstr("The session is kept")));
    guest.line.accept(); // the one that failed
    guest.setMachine({"-machine", "q35", "-device", "virtio-rng-pci", "-name", "other"});
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(HostTest, WhoWasNotSavedStartsAnew) { // since the operator would rather go on without it
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    kill(guest.pid(), SIGSTOP);
    load();
    expectDone(lead.begin({.deadline = std::chrono::milliseconds(50), .late = "go-on"}));
    world.luod().waitNextBoot();
    EXPECT_THAT(sessions(), HasSubstr("incoming"));
    guest.boot();
    EXPECT_THAT(guest.said(), HasSubstr("was not saved"));
    guest.waitCovered();
    EXPECT_THAT(sessions(), Not(HasSubstr("incoming")));
}

TEST_F(HostTest, ASessionThatCannotBeFinishedYetIsFinishedLater) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    update();
    world.fault("finish:errno=EBUSY");
    guest.resume();
    expectGoneOn(seen, guest);
    EXPECT_THAT(sessions(), HasSubstr("incoming"));
    EXPECT_THAT(guest.said(), HasSubstr("not finished yet"));
    world.noFaults();
    guest.waitCovered();
    EXPECT_THAT(sessions(), Not(HasSubstr("incoming")));
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(HostTest, WhatRanOnIsNotBroughtBackAgain) { // its memory is not what it was when the devices were saved
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    update();
    world.fault("finish:errno=EBUSY");
    guest.resume();
    guest.line.ask('c');
    kill(guest.pid(), SIGKILL);
    guest.wait();
    world.noFaults();
    guest.boot();
    EXPECT_THAT(guest.said(), HasSubstr("ran on after the last live update"));
    guest.waitCovered();
    EXPECT_THAT(sessions(), Not(HasSubstr("incoming")));
}

TEST_F(HostTest, LuoQemuIsKilled) {
    Hosted guest(world);
    guest.boot();
    guest.waitCovered();
    kill(guest.pid(), SIGKILL);
    EXPECT_EQ(guest.wait(), 128 + SIGKILL);
    EXPECT_THAT(sessions(), HasSubstr("outgoing"));
    guest.boot(); // anew: memory without the processors' state is nothing
    EXPECT_THAT(guest.said(), HasSubstr("it is given up"));
    const Seen seen = look(guest);
    guest.waitCovered();
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

TEST_F(HostTest, LuodIsKilledMeanwhile) {
    Hosted guest(world);
    guest.boot();
    const Seen seen = look(guest);
    guest.waitCovered();
    world.luod().kill();
    update();
    guest.resume();
    expectGoneOn(seen, guest);
}

} // namespace
} // namespace luod::tests
