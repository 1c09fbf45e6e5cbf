// SPDX-License-Identifier: LGPL-2.1-or-later
#include "binaries.hpp"
#include "private_bus.hpp"
#include "process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace luod::tests {

using testing::HasSubstr;

constexpr uid_t nobody = 65534;

TEST(Process, CapturesWhatItSays) {
    const Outcome outcome = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
    EXPECT_EQ(outcome.status, 3);
    EXPECT_EQ(outcome.out, "out\n");
    EXPECT_EQ(outcome.err, "err\n");
}

TEST(Process, TellsASignalFromAnExit) {
    Process process({"sh", "-c", "kill -9 $$"});
    EXPECT_EQ(process.wait(), 128 + SIGKILL);
}

TEST(Process, ThrowsAtTheDeadlineAndEndsWithItsOwner) {
    Process process({"cat", "/dev/stdin", "/dev/zero"});
    EXPECT_THROW(process.wait(Deadline(std::chrono::milliseconds(1))), std::exception);
    process.end();
    EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

TEST(Process, HandsOverFdsAndEnvironment) {
    std::array<int, 2> ends;
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    core::UniqueFd ours(ends[0]), theirs(ends[1]);
    const Outcome outcome = run({.command = {"sh", "-c", "echo $COLOUR >&7; ls /proc/self/fd | wc -l"},
                                 .environment = {{"COLOUR", "blue"}, {"HOME", ""}},
                                 .fds = {{7, theirs.get()}}});
    EXPECT_EQ(readLine(ours.get()), "blue");
    EXPECT_EQ(outcome.out, "5\n"); // 0, 1, 2, 7 and the directory: nothing of ours leaks
}

TEST(Process, RunsAsAnotherUser) {
    if (getuid() != 0)
        GTEST_SKIP() << "only root can become somebody else";
    EXPECT_EQ(run({.command = {"sh", "-c", "id -u; id -G"}, .user = nobody}).out, "65534\n65534\n");
}

static std::vector<std::string> send(const PrivateBus& bus, std::vector<std::string> words) {
    std::vector<std::string> command{"dbus-send", "--bus=" + bus.address(), "--print-reply=literal"};
    command.insert(command.end(), words.begin(), words.end());
    return command;
}

static const std::vector<std::string> requestName{"--dest=org.freedesktop.DBus", "/",
                                                  "org.freedesktop.DBus.RequestName", "string:org.luod1", "uint32:0"};

TEST(PrivateBus, LetsEverybodyDoEverything) {
    const PrivateBus bus;
    EXPECT_THAT(run(send(bus, requestName)).out, HasSubstr("uint32 1"));
    if (getuid() == 0) {
        EXPECT_THAT(run({.command = send(bus, requestName), .user = nobody}).out, HasSubstr("uint32 1"));
    }
}

TEST(PrivateBus, HoldsToTheProductsPolicy) {
    if (getuid() != 0)
        GTEST_SKIP() << "only root can become somebody else";
    const PrivateBus bus({.policyFile = sourceFile("proto/org.luod1.conf"), .extraConfig = ""});
    EXPECT_THAT(run(send(bus, requestName)).out, HasSubstr("uint32 1"));
    EXPECT_THAT(run({.command = send(bus, requestName), .user = nobody}).err, HasSubstr("AccessDenied"));
}

TEST(PrivateBus, ComesBackAtTheSameAddress) {
    PrivateBus bus;
    bus.stop();
    EXPECT_NE(run(send(bus, requestName)).status, 0);
    bus.start();
    EXPECT_EQ(run(send(bus, requestName)).status, 0);
}

TEST(PrivateBus, SaysWhyItDoesNotStart) {
    try {
        PrivateBus bus({.policyFile = "/no/such/policy", .extraConfig = ""});
        FAIL() << "started";
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr("/no/such/policy"));
    }
}

} // namespace luod::tests
