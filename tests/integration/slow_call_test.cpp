// SPDX-License-Identifier: LGPL-2.1-or-later

// Preserving takes seconds in the kernel. Nobody else waits for it; who comes to the same session waits for his turn.

#include "expect.hpp"
#include "memfd.hpp"
#include "raw_bus.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

// Sends Preserve for one new file under this token and does not wait.
class Ongoing {
public:
    Ongoing(const World& world, const std::string& session, std::uint64_t token)
        : bus_(world.address()), file_(memfdWith(std::to_string(token))) {
        bus_.sendOnly({.path = session,
                       .interface = "org.luod1.Session",
                       .member = "Preserve",
                       .signature = "a(htsa{sv})",
                       .body = preserveBody(0, token),
                       .announced = 1,
                       .fds = {file_.get()}});
    }

private:
    RawBus bus_;
    UniqueFd file_;
};

class SlowCall : public testing::Test {
protected:
    // How long the call took at most, of so many.
    std::chrono::duration<double, std::milli> slowest(int times, const std::function<void(int)>& call) {
        steady_clock::duration most{};
        for (int i = 0; i < times; ++i) {
            const auto begin = steady_clock::now();
            call(i);
            most = std::max(most, steady_clock::now() - begin);
        }
        return std::chrono::duration<double, std::milli>(most);
    }
    void expectQuick(const char* what, int times, const std::function<void(int)>& call) {
        const auto took = slowest(times, call);
        fmt::print("{}: {:.1f} ms at most, of {} calls\n", what, took.count(), times);
        EXPECT_LT(took, milliseconds(500)) << what;
    }
    void waitUntilPreserving(std::size_t files) {
        for (std::size_t seen = 0; seen < files;) {
            const std::string picture = client.picture();
            seen = 0;
            for (std::size_t at = 0; (at = picture.find(" preserving ", at)) != picture.npos; ++at)
                ++seen;
        }
    }
    std::uint64_t nextPreserved() {
        const luod_event* event = nullptr;
        while (luod_wait_event(client.get(), 30'000'000, &event) == 1)
            if (event->type == LUOD_EVENT_FILE_PRESERVED)
                return event->token;
        return 0;
    }

    World world;
    Client client{world};
    std::string vm1 = client.made("vm1");
};

TEST_F(SlowCall, OthersAreAnsweredMeanwhile) {
    const std::string vm2 = client.made("vm2");
    ASSERT_EQ(luod_subscribe(client.get()), 0);
    world.fault("preserve:session=luod.0.vm1:delay=2s");
    const auto begin = steady_clock::now();
    const Ongoing slow(world, vm1, 99);
    waitUntilPreserving(1);

    std::vector<UniqueFd> files;
    for (int i = 0; i < 20; ++i)
        files.push_back(memfdWith("x"));
    expectQuick("status", 20, [&](int) { client.status(); });
    expectQuick("list", 20, [&](int) { client.picture(); });
    expectQuick("create", 10, [&](int i) { client.made(fmt::format("new{}", i)); });
    expectQuick("preserve in another session", 20,
                [&](int i) { expectDone(client.preserve(vm2, files[std::size_t(i)].get(), std::uint64_t(i))); });
    expectQuick("a new client's first call", 5, [&](int) { Client(world, nobody).status(); });
    ASSERT_LT(steady_clock::now() - begin, milliseconds(2000)) << "too slow to have been measured during the slow call";
    EXPECT_THAT(client.picture(), HasSubstr("99 '' memfd preserving 2"));

    while (nextPreserved() != 99)
        continue;
    EXPECT_GE(steady_clock::now() - begin, milliseconds(2000));
    EXPECT_THAT(client.picture(), Not(HasSubstr("preserving")));
}

TEST_F(SlowCall, AsManySlowOnesAsThereAreWorkersStopNobodyWhoOnlyAsks) {
    ASSERT_EQ(luod_subscribe(client.get()), 0);
    std::vector<std::string> sessions;
    for (int i = 0; i < 6; ++i)
        sessions.push_back(client.made(fmt::format("s{}", i)));
    world.fault("preserve:delay=500ms");
    std::vector<std::unique_ptr<Ongoing>> slow;
    for (std::size_t i = 0; i < sessions.size(); ++i)
        slow.push_back(std::make_unique<Ongoing>(world, sessions[i], i + 1));
    waitUntilPreserving(6);
    expectQuick("status", 20, [&](int) { client.status(); });
    EXPECT_THAT(client.picture(), HasSubstr("preserving"));
    std::set<std::uint64_t> tokens;
    for (std::size_t i = 0; i < sessions.size(); ++i)
        tokens.insert(nextPreserved());
    EXPECT_EQ(tokens.size(), sessions.size());
}

TEST_F(SlowCall, OneUsersSlowOnesDoNotStopAnothersFiles) {
    constexpr std::uint64_t slowOne = 9;
    const std::string theirs = client.made("theirs", nobody);
    world.fault(fmt::format("preserve:token={}:delay=2s", slowOne));
    std::vector<std::unique_ptr<Ongoing>> slow;
    for (int i = 0; i < 6; ++i)
        slow.push_back(std::make_unique<Ongoing>(world, client.made(fmt::format("s{}", i)), slowOne));
    waitUntilPreserving(6);
    Client other(world, nobody);
    std::vector<UniqueFd> files;
    for (int i = 0; i < 8; ++i)
        files.push_back(memfdWith("x"));
    expectQuick("preserve by another user", 8,
                [&](int i) { expectDone(other.preserve(theirs, files[std::size_t(i)].get(), std::uint64_t(i) + 1)); });
    EXPECT_THAT(client.picture(), HasSubstr(" preserving "));
}

TEST_F(SlowCall, CallsOnOneSessionKeepTheirOrder) {
    ASSERT_EQ(luod_subscribe(client.get()), 0);
    world.fault("preserve:token=9:delay=500ms");
    const Ongoing first(world, vm1, 9);
    waitUntilPreserving(1);
    const Ongoing second(world, vm1, 5), third(world, vm1, 7); // these would be quick
    EXPECT_EQ(nextPreserved(), 9u);
    EXPECT_EQ(std::set({nextPreserved(), nextPreserved()}), (std::set<std::uint64_t>{5, 7}));
}

TEST_F(SlowCall, ATokenOnItsWayIsTaken) {
    world.fault("preserve:token=9:delay=500ms");
    const Ongoing first(world, vm1, 9);
    waitUntilPreserving(1);
    const UniqueFd other = memfdWith("y");
    expectRefused(client.preserve(vm1, other.get(), 9), "TokenTaken", "token 9 already");
    expectRefused(client.takeOut(vm1, 9), "Busy", "still being filled");
    EXPECT_THAT(client.picture(), HasSubstr("9 '' memfd preserving"));
}

TEST_F(SlowCall, DiscardWaitsForItsTurn) {
    const std::size_t before = world.luodFds();
    world.fault("preserve:delay=500ms");
    const auto begin = steady_clock::now();
    const Ongoing slow(world, vm1, 1);
    waitUntilPreserving(1);
    expectDone(client.discard(vm1));
    EXPECT_GE(steady_clock::now() - begin, milliseconds(500));
    EXPECT_EQ(client.status().sessions, 0u);
    expectFds(world, client, before - 1);
    expectDone(client.create("vm1"));
}

TEST_F(SlowCall, LuodEndsWellWhileOneIsUnderWay) {
    world.fault("preserve:delay=500ms");
    Ongoing ongoing(world, vm1, 1);
    waitUntilPreserving(1);
    world.luod().stop();
    EXPECT_THAT([&] { world.luod().waitReady(); },
                testing::ThrowsMessage<std::runtime_error>(HasSubstr("not running, exit status 0")));
}

} // namespace
} // namespace luod::tests
