// SPDX-License-Identifier: LGPL-2.1-or-later

// client/examples/cache.c: what was put into the cache is in it, whatever comes between.

#include "example.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <sys/socket.h>
#include <sys/un.h>

namespace luod::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int many = 20;

class Cache : public ExampleTest {
protected:
    Cache() { cache.start(); }

    core::UniqueFd ask(const std::string& request) {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        (dir / "cache").copy(address.sun_path, sizeof address.sun_path - 1);
        core::UniqueFd peer(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(connect(peer.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(send(peer.get(), request.data(), request.size(), MSG_NOSIGNAL), ssize_t(request.size()));
        return peer;
    }
    std::string told(const std::string& request) { return readLine(ask(request).get()); }

    void fill(const std::string& what) {
        for (int i = 0; i < many; ++i)
            EXPECT_EQ(told(fmt::format("set {}{} the {}th {}", what, i, i, what)), "ok");
    }
    void expectFull(const std::string& what) {
        for (int i = 0; i < many; ++i)
            EXPECT_EQ(told(fmt::format("get {}{}", what, i)), fmt::format("the {}th {}", i, what));
    }
    void expectCovered() { EXPECT_THAT(sessions(), AllOf(HasSubstr("outgoing"), Not(HasSubstr("incoming")))); }

    std::size_t starts() {
        std::ifstream file(dir / "starts");
        return std::size_t(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
    }

    Service cache{world,
                  {"/bin/sh", "-c", "echo >>$0; exec \"$@\"", dir / "starts", CACHE, "demo", dir / "cache"}};
};

TEST_F(Cache, HasItsContentInTheNextKernelAndInTheOneAfter) {
    fill("apple");
    for (const char* what : {"pear", "plum"}) {
        update();
        cache.start();
        expectFull("apple");
        expectCovered();
        fill(what); // after it was preserved
    }
    expectFull("pear");
    expectFull("plum");
    EXPECT_EQ(told("get nothing"), "");
}

TEST_F(Cache, StandsStillUntilAnUpdateIsAborted) {
    fill("apple");
    beginUpdate();
    waitReady("demo");
    const auto waiting = ask("set late yes");
    abort();
    EXPECT_EQ(readLine(waiting.get()), "ok");
    expectFull("apple");
    update(); // it has a lock again: this waits for it
    EXPECT_THAT(lead.report(), HasSubstr("ready demo"));
    cache.start();
    expectFull("apple");
    EXPECT_EQ(told("get late"), "yes");
}

TEST_F(Cache, ChangesNothingWhileTheMachineGoesOver) {
    fill("apple");
    beginUpdate();
    waitReady("demo");
    const auto waiting = ask("set late yes");
    goOver();
    EXPECT_EQ(readLine(waiting.get()), "");
    cache.start();
    expectFull("apple");
    EXPECT_EQ(told("get late"), "");
}

TEST_F(Cache, IsKilledAndStartedAgain) {
    for (const char* what : {"apple", "pear", "plum"}) {
        fill(what);
        cache.kill();
        expectFull(what);
    }
    expectCovered();
    update();
    cache.start();
    for (const char* what : {"apple", "pear", "plum"})
        expectFull(what);
}

TEST_F(Cache, IsKilledWhileItStandsStill) {
    fill("apple");
    beginUpdate();
    waitReady("demo");
    cache.kill();
    const auto waiting = ask("set late yes"); // the next one stands still, too
    goOver();
    cache.start();
    expectFull("apple");
    EXPECT_EQ(told("get late"), "");
}

TEST_F(Cache, IsKilledWhileItStandsStillAndTheUpdateIsAborted) {
    fill("apple");
    beginUpdate();
    waitReady("demo");
    cache.kill();
    const auto waiting = ask("get apple1");
    abort();
    EXPECT_EQ(readLine(waiting.get()), "the 1th apple");
    update();
    cache.start();
    expectFull("apple");
}

TEST_F(Cache, GoesOnWhenLuodIsKilledAsItLeaves) {
    fill("apple");
    world.fault("reboot:nth=1:kill");
    expectDone(lead.load());
    luod_subscribe(lead.client.get());
    expectDone(lead.begin());
    waitFor(lead.client, [](const luod_event& event) { return event.type == LUOD_EVENT_LUOD_BACK; });
    lead.waitPhase("idle");
    expectFull("apple");
    EXPECT_THAT(lead.report(), AllOf(HasSubstr("aborted"), HasSubstr("ready demo"), HasSubstr("left")));
    EXPECT_EQ(lead.inhibitors().size(), 1u);
}

TEST_F(Cache, GoesOnWhenLuodIsKilledAndTheUpdateAborted) {
    fill("apple");
    beginUpdate();
    waitReady("demo");
    world.luod().kill();
    const auto waiting = ask("get apple1");
    abort();
    EXPECT_EQ(readLine(waiting.get()), "the 1th apple");
}

class CacheArrives : public Cache, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(At, CacheArrives,
                         testing::Values("retrieve:nth=1:kill", "retrieve:nth=1:kill-after", "preserve:nth=1:kill",
                                         "preserve:nth=1:kill-after"));

TEST_P(CacheArrives, AndIsKilledAndStartedAgain) {
    fill("apple");
    update();
    world.fault(GetParam());
    const auto before = starts();
    cache.start();
    EXPECT_EQ(starts(), before + 2);
    expectFull("apple");
    expectCovered();
    update();
    cache.start();
    expectFull("apple");
}

} // namespace
} // namespace luod::tests
