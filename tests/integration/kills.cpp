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
namespace {

// Of all that this program tried.
struct Tally : testing::Environment {
    std::size_t points = 0, lives = 0, kills = 0, losses = 0;
    void TearDown() override {
        if (lives)
            fmt::print("luod was killed at {} points, {} times in {} lives: {} losses\n", points, kills, lives, losses);
    }
};
Tally& tally() {
    static auto* const all = static_cast<Tally*>(testing::AddGlobalTestEnvironment(new Tally)); // GoogleTest deletes it
    return *all;
}

} // namespace

Lived live(const Play& play, std::vector<std::string> faults) {
    const TempDir dir;
    std::vector<std::string> simulator = play.simulator;
    simulator.push_back("--trace=" + (dir / "trace"));
    World world({.faults = std::move(faults), .simulator = std::move(simulator), .config = play.config});
    Lived lived{.complaints = play.live(world)};
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
        if (line.find(": malformed ") != line.npos) // refused before it counts
            continue;
        ++number;
        if (line.find(": luod[") != line.npos)
            lived.luods.push_back({number, line.substr(pid + 3)});
    }
    return lived;
}

Lived liveWithKiller(const Play& play, Doings doings, std::uint64_t at, std::uint64_t& count) {
    const TempDir dir;
    const std::uint64_t zero[2] = {0, at};
    const std::string path = dir.write("killer", std::string(reinterpret_cast<const char*>(zero), sizeof zero));
    const char* of = doings == Doings::LedgerWrites ? "ledger" : "all";
    World world({.simulator = play.simulator, .config = play.config,
                 .environment = {"LD_PRELOAD=" LUOD_KILLER, "LUOD_KILLER=" + path, std::string("LUOD_KILLER_OF=") + of}});
    Lived lived{.complaints = play.live(world)};
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
            const std::function<std::string(std::size_t)>& words, std::size_t mayMiss) {
    std::atomic<std::size_t> next = 0, losses = 0, kills = 0, missed = 0;
    std::mutex mutex;
    const auto work = [&] {
        for (std::size_t i; (i = next++) < count;) {
            const Lived lived = one(i);
            kills += lived.kills;
            losses += !lived.complaints.empty();
            const std::lock_guard lock(mutex);
            if (lived.kills == 0 && ++missed > mayMiss)
                ADD_FAILURE() << words(i) << ": not killed";
            for (const std::string& complaint : lived.complaints)
                ADD_FAILURE() << words(i) << ": " << complaint;
        }
    };
    std::thread other(work);
    work();
    other.join();
    fmt::print("{} lives with {} kills, {} with losses\n", count, kills.load(), losses.load());
    EXPECT_EQ(losses, 0u);
    tally().lives += count;
    tally().kills += kills;
    tally().losses += losses;
}

void killAtEveryCall(const Play& play, std::size_t atLeast) {
    const Lived undisturbed = live(play, {});
    ASSERT_THAT(undisturbed.complaints, testing::IsEmpty());
    const std::vector<Trial> trials = trialsFor(undisturbed.luods);
    ASSERT_GT(trials.size(), atLeast);
    tally().points += undisturbed.luods.size();
    tryAll(
        trials.size(), [&](std::size_t i) { return live(play, trials[i].faults); },
        [&](std::size_t i) { return fmt::format("{}, {}", fmt::join(trials[i].faults, " "), trials[i].words); });
}

// Each number is one before or after; how many there are, and what they are called.
static void killAt(const Play& play, Doings doings, const std::vector<std::uint64_t>& points) {
    tryAll(
        points.size(),
        [&](std::size_t i) {
            std::uint64_t ignored = 0;
            return liveWithKiller(play, doings, points[i], ignored);
        },
        [&](std::size_t i) {
            return fmt::format("{} {} {}", points[i] % 2 ? "after" : "before",
                               doings == Doings::LedgerWrites ? "ledger write" : "write or message", points[i] / 2);
        },
        // No two lives have quite as many messages: a point near the end may lie behind it.
        doings == Doings::LedgerWrites ? 0 : points.size() / 50);
}

static std::vector<std::uint64_t> beforeAndAfter(std::uint64_t count) {
    std::vector<std::uint64_t> points;
    for (std::uint64_t at = 2; at < 2 * count; ++at)
        points.push_back(at);
    return points;
}

void killAtWritesAndMessages(const Play& play, std::uint64_t atLeast, std::size_t most) {
    std::uint64_t count = 0;
    ASSERT_THAT(liveWithKiller(play, Doings::WritesAndMessages, 0, count).complaints, testing::IsEmpty());
    ASSERT_GT(count, atLeast);
    const unsigned seed = std::random_device()();
    fmt::print("{} writes and messages in an undisturbed life; seed {}\n", count, seed);
    constexpr std::uint64_t last = 5; // what luod does behind its last answer nobody waits for
    std::vector<std::uint64_t> points = beforeAndAfter(count - last);
    std::shuffle(points.begin(), points.end(), std::mt19937(seed));
    const char* wish = std::getenv("LUOD_TEST_KILLS");
    points.resize(std::min<std::size_t>(points.size(), wish ? std::strtoul(wish, nullptr, 10) : most));
    tally().points += points.size();
    killAt(play, Doings::WritesAndMessages, points);
}

void killAtLedgerWrites(const Play& play, std::uint64_t atLeast) {
    std::uint64_t count = 0;
    ASSERT_THAT(liveWithKiller(play, Doings::LedgerWrites, 0, count).complaints, testing::IsEmpty());
    ASSERT_GT(count, atLeast);
    fmt::print("{} ledger writes in an undisturbed life\n", count);
    tally().points += count;
    killAt(play, Doings::LedgerWrites, beforeAndAfter(count + 1));
}

} // namespace luod::tests
