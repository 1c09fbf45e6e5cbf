// SPDX-License-Identifier: LGPL-2.1-or-later

// Calls of all methods with arguments that no program would think of, by several callers at once, some of which vanish.
// luod lives, answers others soon, and has kept nothing of it in the end. LUOD_FUZZ_CALLS calls; the same ones for the
// same LUOD_FUZZ_SEED, though not in the same order at luod's.

#include "fuzz/caller.hpp"
#include "integration/expect.hpp"
#include "integration/memfd.hpp"

#include <array>
#include <cstdlib>
#include <list>
#include <poll.h>
#include <sstream>

namespace luod::fuzz {
namespace {

using tests::Client;
using tests::World;
using std::chrono::steady_clock;

// With a sanitizer, and on a machine that has more to do. What would hang takes longer than that.
constexpr std::chrono::seconds answersWithin(10);

std::uint64_t fromEnvironment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

World::Options options() {
    return {.config = "[Sessions]\nAllowGroup=nogroup\nMaxSessionsPerUser=40\n[Update]\nDeadlineSec=2s\nLeaveTimeoutSec=1s\n"};
}

class BusFuzz : public testing::Test {
protected:
    BusFuzz() : seed(fromEnvironment("LUOD_FUZZ_SEED", 1)), calls(fromEnvironment("LUOD_FUZZ_CALLS", 2000)), random(seed) {
        std::printf("LUOD_FUZZ_SEED=%llu LUOD_FUZZ_CALLS=%llu\n", (unsigned long long)seed, (unsigned long long)calls);
    }

    // How long luod took for somebody who does nothing wrong.
    void ping() {
        const auto begin = steady_clock::now();
        root.status();
        const auto took = steady_clock::now() - begin;
        slowest = std::max(slowest, std::chrono::duration_cast<std::chrono::milliseconds>(took));
        ASSERT_LT(took, answersWithin);
    }
    void callOnce() {
        auto& caller = *std::next(callers.begin(), std::ptrdiff_t(below(random, callers.size())));
        const Method& method = methods[below(random, methods.size())];
        const bool ends = method.name == "Discard" || method.name == "Finish"; // or there would never be a session
        if (oneIn(random, 200))
            caller.vanish();
        else if (!ends || oneIn(random, 8))
            caller.call(method);
    }
    // Until no more than so many wait for luod.
    void settle(std::size_t most) {
        const tests::Deadline deadline(std::chrono::minutes(5));
        for (;;) {
            std::vector<pollfd> fds;
            std::size_t waiting = 0;
            for (Caller& each : callers) {
                each.process();
                waiting += each.inFlight();
                fds.push_back({each.fd(), POLLIN, 0});
            }
            if (waiting <= most)
                return;
            ASSERT_GT(poll(fds.data(), nfds_t(fds.size()), deadline.milliseconds()), 0) << waiting << " calls unanswered";
        }
    }
    void goAway() {
        callers.clear();
        arguments.forgetFiles();
    }
    void discardAll();
    std::string reports(); // of sanitizers
    void report() const {
        for (const auto& [answer, count] : answers)
            std::printf("%8zu %s\n", count, answer.c_str());
        std::printf("the slowest answer to somebody else: %lld ms\n", (long long)slowest.count());
    }

    const std::uint64_t seed, calls;
    Random random;
    World world{options()};
    Client root{world};
    Arguments arguments{random, findings()};
    std::map<std::string, std::size_t> answers;
    std::list<Caller> callers;
    const std::vector<Method> methods = allMethods();
    std::chrono::milliseconds slowest{0};

private:
    std::vector<std::string> findings();
};

std::vector<std::string> BusFuzz::findings() {
    luod_findings* all = nullptr;
    EXPECT_EQ(luod_check(root.get(), "direct", 0, &all), 0);
    std::vector<std::string> names;
    while (const luod_finding* each = luod_findings_next(all))
        names.emplace_back(each->name);
    luod_findings_free(all);
    return names;
}

void BusFuzz::discardAll() {
    luod_sessions* all = nullptr;
    ASSERT_EQ(luod_list(root.get(), nullptr, LUOD_ANY_OWNER, &all), 0);
    while (const luod_session* each = luod_sessions_next(all))
        tests::expectDone(root.discard(each->path));
    luod_sessions_free(all);
}

std::string BusFuzz::reports() {
    std::istringstream log(world.luod().log());
    std::string found;
    for (std::string line; std::getline(log, line);)
        if (line.find("Sanitizer") != line.npos || line.find("runtime error") != line.npos)
            found += line + "\n";
    return found;
}

TEST_F(BusFuzz, LuodOutlivesItAndKeepsNothing) {
    ASSERT_GT(methods.size(), 30u);
    for (const uid_t owner : {uid_t(0), tests::nobody}) { // some that come over, before anything else
        const std::string session = root.made("vm1", owner);
        for (std::uint64_t token = 0; token < 10; ++token)
            tests::expectDone(root.preserve(session, tests::memfdWith("x").get(), token, "n" + std::to_string(token)));
        arguments.learn(session);
    }
    world.luod().kexec();
    world.fault("reboot:errno=EPERM"); // nobody gets as far as replacing the kernel: luod is the same one in the end
    ping();
    const pid_t luod = world.luod().pid();
    for (const uid_t user : {uid_t(0), uid_t(0), tests::nobody, uid_t(1)})
        callers.emplace_back(world.address(), user, arguments, answers);
    settle(0);
    const std::size_t fds = world.luodFds();
    for (std::uint64_t done = 0; done < calls && !HasFatalFailure(); ++done) {
        callOnce();
        settle(24);
        if (done % 100 == 0)
            ping();
    }
    settle(0);
    report();
    ASSERT_EQ(world.luod().pid(), luod) << reports();
    EXPECT_GT(answers["fine"], calls / 20) << "too few of the calls got anywhere";
    goAway();
    EXPECT_EQ(luod_abort(root.get(), "the test is over", 0), 0);
    luod_unload_kernel(root.get(), 0);
    discardAll();
    tests::expectFds(world, root, fds - 2);
    world.luod().restart();
    EXPECT_EQ(reports(), "");
}

} // namespace
} // namespace luod::fuzz
