// SPDX-License-Identifier: LGPL-2.1-or-later

// client/examples/scrub.sh: every file gets its line, once, whatever comes between.

#include "binaries.hpp"
#include "example.hpp"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace luod::tests {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* job = "scrub demo";
constexpr const char* results =
    "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a\n"  // one
    "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  b\n"  // two
    "8b5b9db0c13db24256c829aa364aa90c6d2eba318b9232a4ab9313b954d3555f  c\n"; // three

// Of three files the second is a pipe: the job stands in the middle of that step until something was written into it.
class Scrub : public ExampleTest {
protected:
    Scrub() {
        dir.write("a", "one");
        dir.write("c", "three");
        mkfifo((dir / "b").c_str(), 0600);
        start();
        reachSecond();
    }

    void start() {
        std::filesystem::create_directory(dir / "run"); // by RuntimeDirectory=
        const auto path = std::filesystem::path(binary("luoctl")).parent_path().string() + ":/usr/bin:/bin";
        begun = world.begin({"/usr/bin/env", "-C", dir.path(), "RUNTIME_DIRECTORY=" + dir / "run", "PATH=" + path,
                             "/usr/bin/setsid", "--wait", SCRUB, "demo", "a", "b", "c"});
    }
    void reachSecond() { pipe.reset(open((dir / "b").c_str(), O_WRONLY | O_CLOEXEC)); } // when it is read
    void releaseSecond() {
        EXPECT_EQ(write(pipe.get(), "two", 3), 3);
        pipe.reset();
    }
    void boot() { // /run does not come along
        pipe.reset();
        std::filesystem::remove_all(dir / "run");
        start();
    }
    void kill() {
        luod_inhibitors* locks = nullptr;
        ASSERT_EQ(luod_list_inhibitors(lead.client.get(), &locks), 0);
        EXPECT_EQ(::kill(-getsid(pid_t(luod_inhibitors_next(locks)->pid)), SIGKILL), 0);
        luod_inhibitors_free(locks);
        EXPECT_EQ(begun->wait(), 128 + SIGKILL);
        EXPECT_TRUE(waitHangup(pipe.get())); // the last of them is gone, too
        pipe.reset();
    }
    void expectAllDone() {
        EXPECT_EQ(begun->wait(), 0) << begun->said();
        std::ifstream file(dir / "run/results");
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), results);
        EXPECT_EQ(sessions(), "");
    }

    std::optional<World::Begun> begun;
    core::UniqueFd pipe;
};

TEST_F(Scrub, AnUpdateWaitsForTheStepAndTheRestIsDoneInTheNextKernel) {
    beginUpdate();
    EXPECT_THAT(lead.awaited(), Contains(HasSubstr(job)));
    releaseSecond();
    waitReady(job);
    goOver();
    boot();
    expectAllDone();
}

TEST_F(Scrub, GoesOnWhenAnUpdateIsAborted) {
    beginUpdate();
    releaseSecond();
    waitReady(job);
    abort();
    expectAllDone();
}

TEST_F(Scrub, IsKilledInTheMiddleAndStartedAgain) {
    kill();
    start();
    reachSecond();
    releaseSecond();
    expectAllDone();
}

TEST_F(Scrub, IsKilledInTheMiddleAndGoesOnInTheNextKernel) {
    kill();
    update();
    boot();
    reachSecond();
    releaseSecond();
    expectAllDone();
}

TEST_F(Scrub, IsKilledByTheUpdateThatDidNotWaitForIt) {
    expectDone(lead.load());
    expectDone(lead.begin({.deadline = std::chrono::milliseconds(50), .late = "go-on"}));
    world.luod().waitNextBoot();
    boot();
    reachSecond();
    releaseSecond();
    expectAllDone();
}

} // namespace
} // namespace luod::tests
