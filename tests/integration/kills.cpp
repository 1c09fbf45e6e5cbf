// SPDX-License-Identifier: LGPL-2.1-or-later
#include "kills.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <random>
#include <thread>

namespace luod::tests {

Lived live(const Play& play, std::vector<std::string> faults) {
    const TempDir dir;
    World world({.faults = std::move(faults), .simulator = {"--trace=" + (dir / "trace")}});
    Lived lived{.complaints = play(world)};
    if (!lived.complaints.empty())
        lived.complaints.push_back(world.luod().log());
    std::ifstream trace(dir / "trace");
    std::size_t number = 0;
    for (std::string line; std::getline(trace, line);) {
        const auto pid = line.find("]: ");
        if (pid == line.npos) { // the machine's own doings
            lived.kills += line.find("]: killed after it") != line.npos;
            continue;
        }
        lived.kills += line.find(": killed ") != line.npos;
        ++number;
        if (line.find(": luod[") != line.npos)
            lived.luods.push_back({number, line.substr(pid + 3)});
    }
    return lived;
}

Lived liveWithKiller(const Play& play, std::uint64_t at, std::uint64_t& count) {
    const TempDir dir;
    const std::uint64_t zero[2] = {0, at};
    const std::string path = dir.write("killer", std::string(reinterpret_cast<const char*>(zero), sizeof zero));
    World world({.environment = {"LD_PRELOAD=" LUOD_KILLER, "LUOD_KILLER=" + path}});
    Lived lived{.complaints = play(world)};
    if (!lived.complaints.empty())
        lived.complaints.push_back(world.luod().log());
    std::ifstream(path).read(reinterpret_cast<char*>(&count), sizeof count);
    lived.kills = count >= at / 2;
    return lived;
}

std::vector<Trial> trialsFor(const std::vector<KillPoint>& points) {
    std::vector<Trial> trials;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto kill = [&](std::size_t more, const char* how) {
            return fmt::format("call:nth={}:{}", points[i].number + more, how);
        };
        trials.push_back({{kill(0, "kill")}, "before " + points[i].words});
        trials.push_back({{kill(0, "kill-after")}, "after " + points[i].words});
        // Its successor, too, at its first call or its second: not where that might hit the service manager.
        if (i + 4 >= points.size() || points[i + 4].number != points[i].number + 4)
            continue;
        if (i % 2)
            trials.push_back(
                {{kill(0, "kill-after"), kill(1, "kill")}, "after it and at the next, " + points[i].words});
        else
            trials.push_back(
                {{kill(0, "kill"), kill(2, "kill-after")}, "before it, after the next but one, " + points[i].words});
    }
    return trials;
}

void tryAll(std::size_t count, const std::function<Lived(std::size_t)>& one,
            const std::function<std::string(std::size_t)>& words) {
    std::atomic<std::size_t> next = 0, losses = 0, kills = 0;
    std::mutex mutex;
    const auto work = [&] {
        for (std::size_t i; (i = next++) < count;) {
            const Lived lived = one(i);
            kills += lived.kills;
            losses += !lived.complaints.empty();
            const std::lock_guard lock(mutex);
            EXPECT_GT(lived.kills, 0u) << words(i);
            for (const std::string& complaint : lived.complaints)
                ADD_FAILURE() << words(i) << ": " << complaint;
        }
    };
    std::thread other(work);
    work();
    other.join();
    fmt::print("{} lives with {} kills, {} with losses\n", count, kills.load(), losses.load());
    EXPECT_EQ(losses, 0u);
}

void killAtEveryCall(const Play& play, std::size_t atLeast) {
    const Lived undisturbed = live(play, {});
    ASSERT_THAT(undisturbed.complaints, testing::IsEmpty());
    const std::vector<Trial> trials = trialsFor(undisturbed.luods);
    ASSERT_GT(trials.size(), atLeast);
    tryAll(
        trials.size(), [&](std::size_t i) { return live(play, trials[i].faults); },
        [&](std::size_t i) { return fmt::format("{}, {}", fmt::join(trials[i].faults, " "), trials[i].words); });
}

void killAtWritesAndMessages(const Play& play, std::uint64_t atLeast, std::size_t most) {
    std::uint64_t count = 0;
    ASSERT_THAT(liveWithKiller(play, 0, count).complaints, testing::IsEmpty());
    ASSERT_GT(count, atLeast);
    const unsigned seed = std::random_device()();
    fmt::print("{} writes and messages in an undisturbed life; seed {}\n", count, seed);
    constexpr std::uint64_t last = 5; // what luod does behind its last answer nobody waits for
    std::vector<std::uint64_t> points;
    for (std::uint64_t at = 2; at < 2 * (count - last); ++at)
        points.push_back(at);
    std::shuffle(points.begin(), points.end(), std::mt19937(seed));
    const char* wish = std::getenv("LUOD_TEST_KILLS");
    points.resize(std::min<std::size_t>(points.size(), wish ? std::strtoul(wish, nullptr, 10) : most));
    tryAll(
        points.size(),
        [&](std::size_t i) {
            std::uint64_t ignored = 0;
            return liveWithKiller(play, points[i], ignored);
        },
        [&](std::size_t i) {
            return fmt::format("{} write or message {}", points[i] % 2 ? "after" : "before", points[i] / 2);
        });
}

} // namespace luod::tests
