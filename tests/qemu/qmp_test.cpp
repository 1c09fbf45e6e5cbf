// SPDX-License-Identifier: LGPL-2.1-or-later

// QEMU's machine protocol against a real QEMU, between two of its processes and without luod.

#include "client/qemu/freezer.hpp"
#include "guest_line.hpp"

#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

namespace luod::qemu {
namespace {

using qmp::Monitor;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

Deadline soon() { return Deadline::in(20'000'000); }

template <typename T> void expectDone(const Result<T>& result) { EXPECT_TRUE(result) << result.error(); }

class Qmp : public testing::Test {
protected:
    Vm start(const Words& more = {}, bool go = true) {
        Words command{QEMU, "-nodefaults", "-display", "none", "-m", "32M", "-kernel", GUEST};
        const Words serial = line.arguments();
        command.insert(command.end(), serial.begin(), serial.end());
        command.insert(command.end(), more.begin(), more.end());
        auto machine = machineOf(command, {});
        auto parts = freshParts(std::move(machine.value()), {});
        auto vm = launch(std::move(parts.value()), {"-S"});
        expectDone(vm);
        line.accept();
        if (go) {
            expectDone(vm->guest.go(soon()));
            line.waitBooted();
        }
        return std::move(vm.value());
    }
    Fd armed(Vm& vm) {
        auto state = emptyFile("state");
        expectDone(vm.guest.lendForSave(state->get(), soon()));
        return std::move(*state);
    }
    // The counter, in the memory that is ours as well as QEMU's.
    static unsigned counter(const Parts& parts) {
        unsigned value = 0;
        EXPECT_EQ(pread(parts.memory.front().get(), &value, sizeof value, 0x7000), ssize_t(sizeof value));
        return value;
    }

    tests::GuestLine line;
};

TEST_F(Qmp, TellsWhatItTalksTo) {
    Vm vm = start({"-machine", "pc"});
    EXPECT_THAT(vm.guest.version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+( \\(.*\\))?"));
    EXPECT_EQ(vm.guest.machineType(soon()).value().substr(0, 9), "pc-i440fx");
    EXPECT_EQ(vm.guest.runState(soon()), "running");
    EXPECT_THAT(vm.guest.blockers(soon()).value(), IsEmpty());
}

TEST_F(Qmp, TheMachineTypeCanBePinned) { // as it is when QEMU was upgraded, and "q35" means another one
    Vm vm = start({"-machine", "q35", "-machine", "pc-q35-6.2"});
    EXPECT_EQ(vm.guest.machineType(soon()), "pc-q35-6.2");
}

TEST_F(Qmp, SavedAndLoadedItGoesOnFromExactlyThere) {
    Vm vm = start({"-machine", "q35"});
    const std::string sum = line.ask('s');
    Fd state = armed(vm);
    expectDone(vm.guest.stop(soon()));
    EXPECT_EQ(vm.guest.save(soon(), {}), true);
    EXPECT_TRUE(isUsable(state.get()));
    const unsigned stopped = counter(vm.parts);
    Parts parts = std::move(vm.parts);
    vm.child.kill();
    auto next = launch(std::move(parts), {"-incoming", "defer"});
    ASSERT_TRUE(next) << next.error();
    line.accept();
    lseek(state.get(), 0, SEEK_SET);
    expectDone(next->guest.lendForLoad(state.get(), soon()));
    expectDone(next->guest.load(soon()));
    EXPECT_EQ(counter(next->parts), stopped);
    expectDone(next->guest.go(soon()));
    EXPECT_GT(line.number('c'), stopped);
    EXPECT_EQ(line.ask('s'), sum);
}

TEST_F(Qmp, AfterASaveItCanGoOnAtOnce) { // QEMU is not through with a save when it says so
    Vm vm = start();
    for (int i = 0; i < 20; ++i) {
        const Fd state = armed(vm);
        expectDone(vm.guest.stop(soon()));
        EXPECT_EQ(vm.guest.save(soon(), {}), true);
        expectDone(vm.guest.go(soon()));
        EXPECT_EQ(vm.guest.runState(soon()), "running");
    }
    line.ask('c');
}

TEST_F(Qmp, ASaveCanBeInterrupted) {
    Vm vm = start();
    const Fd state = armed(vm);
    expectDone(vm.guest.stop(soon()));
    EXPECT_EQ(vm.guest.save(soon(), {.happened = [] { return true; }}), false);
    expectDone(vm.guest.go(soon()));
    line.ask('c');
    const Fd again = armed(vm);
    expectDone(vm.guest.stop(soon()));
    EXPECT_EQ(vm.guest.save(soon(), {}), true);
}

TEST_F(Qmp, WhatCannotBeSavedGoesOn) {
    Vm vm = start({"-usb", "-device", "usb-wacom-tablet"});
    const Fd state = armed(vm);
    expectDone(vm.guest.stop(soon()));
    auto saved = vm.guest.save(soon(), {});
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error(), HasSubstr("wacom"));
    expectDone(vm.guest.go(soon()));
    line.ask('c');
}

TEST_F(Qmp, AFileThatTakesNothingFailsTheSave) {
    Vm vm = start();
    const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
    expectDone(vm.guest.lendForSave(full.get(), soon()));
    expectDone(vm.guest.stop(soon()));
    auto saved = vm.guest.save(soon(), {});
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error(), HasSubstr("failed"));
    expectDone(vm.guest.go(soon()));
    line.ask('c');
}

TEST_F(Qmp, RubbishIsNotLoaded) {
    Vm vm = start({}, false);
    Parts parts = std::move(vm.parts);
    vm.child.kill();
    auto next = launch(std::move(parts), {"-incoming", "defer"});
    ASSERT_TRUE(next) << next.error();
    auto state = emptyFile("state");
    ASSERT_EQ(write(state->get(), "rubbish rubbish", 15), 15);
    EXPECT_FALSE(isUsable(state->get()));
    lseek(state->get(), 0, SEEK_SET);
    expectDone(next->guest.lendForLoad(state->get(), soon()));
    EXPECT_FALSE(next->guest.load(soon()));
}

TEST_F(Qmp, AQemuThatDiesIsNoticed) {
    Vm vm = start();
    kill(vm.child.pid(), SIGKILL);
    EXPECT_EQ(vm.child.wait(), 128 + SIGKILL);
    EXPECT_THAT(vm.guest.stop(soon()).error(), HasSubstr("QEMU has ended"));
    EXPECT_FALSE(vm.guest.drain());
}

TEST_F(Qmp, AQemuThatHangsIsNotWaitedForLonger) {
    Vm vm = start();
    kill(vm.child.pid(), SIGSTOP);
    EXPECT_THAT(vm.guest.stop(Deadline::in(50'000)).error(), HasSubstr("in time"));
    kill(vm.child.pid(), SIGCONT);
    EXPECT_EQ(vm.guest.runState(soon()), "paused"); // the answer to what was given up is not taken for this one's
}

TEST_F(Qmp, AQemuThatDoesNotStartSaysWhy) {
    auto parts = freshParts(machineOf({QEMU, "-machine", "none-such"}, {}).value(), {});
    auto vm = launch(std::move(parts.value()), {});
    ASSERT_FALSE(vm);
    EXPECT_EQ(vm.error(), "QEMU does not start: exit status 1");
    parts = freshParts(machineOf({"/no/such/qemu"}, {}).value(), {});
    vm = launch(std::move(parts.value()), {});
    ASSERT_FALSE(vm);
    EXPECT_THAT(vm.error(), AllOf(HasSubstr("/no/such/qemu"), HasSubstr("No such file")));
}

// A QEMU that is played: what no real one says.
class Wire : public testing::Test {
protected:
    Wire() {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        theirs = Fd(ends[0]);
        monitor.emplace(Fd(ends[1]));
    }
    void say(const std::string& text) { EXPECT_EQ(send(theirs.get(), text.data(), text.size(), 0), ssize_t(text.size())); }

    Fd theirs;
    std::optional<Monitor> monitor;
};

TEST_F(Wire, EventsInBetweenAreKept) {
    say("{\"event\": \"A\", \"data\": {\"n\": 1}}\r\n{\"id\": 7, \"return\": {}}\n{\"event\": \"B\", \"data\": {\"n\": 2}}\n"
        "{\"id\": 1, \"return\": 5}\n");
    EXPECT_EQ(monitor->execute("x", soon()).value(), 5);
    auto event = monitor->event(soon(), [](const std::string& name, const qmp::Json&) { return name == "B"; });
    EXPECT_EQ(event.value()->at("n"), 2);
    EXPECT_THAT(monitor->event(Deadline::in(0), [](const std::string&, const qmp::Json&) { return true; }).error(),
                HasSubstr("in time"));
}

TEST_F(Wire, ErrorsHaveQemusWords) {
    say(R"({"id": 1, "error": {"class": "GenericError", "desc": "no way"}})" "\n");
    EXPECT_EQ(monitor->execute("x", soon()).error(), "x: no way");
}

TEST_F(Wire, NoGreetingAndNoJson) {
    say("{\"hello\": 1}\n");
    EXPECT_THAT(monitor->greet(soon()).error(), HasSubstr("greet"));
    say("hello\n");
    EXPECT_THAT(monitor->execute("x", soon()).error(), HasSubstr("JSON"));
}

} // namespace
} // namespace luod::qemu
