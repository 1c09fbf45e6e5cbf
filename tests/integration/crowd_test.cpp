// SPDX-License-Identifier: LGPL-2.1-or-later

// Crowds: a user who opens a thousand connections, asks for a hundred thousand sessions, reads no answers and vanishes. luod
// goes on answering others; how soon is printed (and held to a bound that only a luod that waits for somebody misses).

#include "expect.hpp"
#include "memfd.hpp"
#include "raw_bus.hpp"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace luod::tests {
namespace {

using std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

RawBus::Call creating(const std::string& name) {
    return {.path = "/org/luod1", .interface = "org.luod1.Manager", .member = "CreateSession", .signature = "sa{sv}",
            .body = Marshal().string(name).u32(0).align(8).bytes()};
}

RawBus::Call asking(const char* member) {
    return {.path = "/org/luod1", .interface = "org.luod1.Manager", .member = member, .signature = "", .body = ""};
}

class Crowd : public testing::Test {
protected:
    static World::Options options() {
        return {.config = "[Sessions]\nAllowGroup=nogroup\n",
                .bus = {.policyFile = "",
                        .extraConfig = "<limit name=\"max_connections_per_user\">5000</limit>"
                                       "<limit name=\"max_completed_connections\">5000</limit>"}};
    }
    void SetUp() override {
        rlimit limit{};
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    // As that user, and the process is root again.
    RawBus connect(uid_t user) {
        EXPECT_TRUE(setegid(user) == 0 && seteuid(user) == 0);
        RawBus bus(world.address(), user);
        EXPECT_TRUE(seteuid(0) == 0 && setegid(0) == 0);
        return bus;
    }
    // Asks luod something, as somebody else, and notes how long it took.
    void look() {
        const auto begin = steady_clock::now();
        other.status();
        took.push_back(Milliseconds(steady_clock::now() - begin).count());
    }
    void expectAnswered(const char* what) {
        std::ranges::sort(took);
        std::cout << fmt::format("[ figure ] {}: others were answered in {:.1f} ms (median), {:.1f} ms (99 of 100), {:.1f} ms "
                                 "(all), {} calls\n",
                                 what, took[took.size() / 2], took[took.size() * 99 / 100], took.back(), took.size());
        EXPECT_LT(took.back(), 5000) << "somebody was waited for";
    }
    std::size_t resident() { // KiB
        std::ifstream status("/proc/" + std::to_string(world.luod().pid()) + "/status");
        for (std::string word; status >> word;)
            if (word == "VmRSS:") {
                std::size_t size = 0;
                status >> size;
                return size;
            }
        return 0;
    }

    World world{options()};
    Client other{world};
    std::vector<double> took;
};

TEST_F(Crowd, AThousandClientsThatConnectStallAndVanish) {
    const pid_t pid = world.luod().pid();
    const std::string mine = other.made("mine");
    const std::size_t fds = world.luodFds();
    {
        std::vector<RawBus> clients;
        for (int i = 0; i < 1000; ++i) {
            clients.push_back(connect(nobody));
            clients.back().sendOnly(asking("Subscribe"));
            clients.back().sendOnly(creating("s" + std::to_string(i)));
            if (i % 10 == 0)
                look();
        }
        // Nobody reads; what happens now is signalled to all of them.
        for (int i = 0; i < 20; ++i) {
            const core::UniqueFd file = memfdWith("x");
            expectDone(other.preserve(mine, file.get(), 1));
            expectDone(other.takeOut(mine, 1));
            look();
        }
        std::string half;
        for (std::size_t i = 0; i < clients.size(); i += 2)
            clients[i].sendOnly(asking("ListSessions")); // of the wrong shape, too
    }
    for (int i = 0; i < 100; ++i)
        look();
    expectAnswered("1000 clients that stall and vanish");
    EXPECT_EQ(world.luod().pid(), pid);
    EXPECT_LE(other.status().sessions, 257u) << "MaxSessionsPerUser=";
    EXPECT_LE(world.luodFds(), fds + 256 + 4) << "nothing but the sessions that were made";
}

TEST_F(Crowd, AHundredThousandSessionsAskedFor) {
    constexpr int asked = 100'000, atOnce = 100;
    const pid_t pid = world.luod().pid();
    RawBus greedy = connect(nobody);
    const std::size_t before = resident();
    std::atomic<bool> done = false;
    std::map<std::string, int> answers;
    const auto begin = steady_clock::now();
    std::jthread crowd([&] {
        for (int i = 0; i < asked; i += atOnce) {
            for (int j = 0; j < atOnce; ++j)
                greedy.sendOnly(creating("s" + std::to_string(i + j)));
            for (int j = 0; j < atOnce; ++j)
                ++answers[greedy.answer()];
        }
        done = true;
    });
    int made = 0;
    while (!done) {
        look();
        if (took.size() % 50 == 0) { // and not only what is answered at once
            expectDone(other.discard(other.made("mine")));
            ++made;
        }
    }
    crowd.join();
    std::cout << fmt::format("[ figure ] {} sessions asked for in {:.1f} s; luod's memory: {} KiB before, {} KiB after; {} "
                             "sessions of another made and discarded meanwhile\n",
                             asked, Milliseconds(steady_clock::now() - begin).count() / 1000, before, resident(), made);
    expectAnswered("100000 sessions asked for");
    EXPECT_EQ(answers, (std::map<std::string, int>{{"", 256}, {"org.luod1.Error.LimitReached", asked - 256}}));
    EXPECT_EQ(other.status().sessions, 256u);
    EXPECT_EQ(world.luod().pid(), pid);
    EXPECT_LT(resident(), before + 16 * 1024);
}

} // namespace
} // namespace luod::tests
