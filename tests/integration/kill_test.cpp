// SPDX-License-Identifier: LGPL-2.1-or-later

// luod is killed at every single call that it makes of the kernel's live update: before it, after it, and twice in a row,
// the second time at whatever call follows. Nothing that the client was told of may be lost.

#include "script.hpp"

#include <atomic>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

namespace luod::tests {
namespace {

struct Point {
    std::size_t number; // of all calls in the machine's life
    std::string words;
};

struct Lived {
    std::vector<std::string> complaints;
    std::vector<Point> luods; // its calls
    std::size_t kills = 0;
};

Lived live(Crossing crossing, std::vector<std::string> faults) {
    const TempDir dir;
    World world({.faults = std::move(faults), .simulator = {"--trace=" + (dir / "trace")}});
    Lived lived{.complaints = Script(world, crossing).run()};
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

struct Trial {
    std::vector<std::string> faults;
    std::string words;
};

std::vector<Trial> trialsFor(const std::vector<Point>& points) {
    std::vector<Trial> trials;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto kill = [&](std::size_t more, const char* how) {
            return fmt::format("call:nth={}:{}", points[i].number + more, how);
        };
        trials.push_back({{kill(0, "kill")}, "before " + points[i].words});
        trials.push_back({{kill(0, "kill-after")}, "after " + points[i].words});
        // Its successor, at its first call or its second: not where that might hit the service manager.
        if (i + 4 < points.size() && points[i + 4].number == points[i].number + 4) {
            trials.push_back({{kill(0, "kill-after"), kill(1, "kill")}, "after it and at the next, " + points[i].words});
            trials.push_back({{kill(0, "kill"), kill(2, "kill-after")}, "before it and after the next but one, " + points[i].words});
        }
    }
    return trials;
}

class Kill : public testing::TestWithParam<Crossing> {};
INSTANTIATE_TEST_SUITE_P(Crossing, Kill, testing::Values(Crossing::Carried, Crossing::Direct), [](const auto& info) {
    return info.param == Crossing::Direct ? "Direct" : "Carried";
});

TEST_P(Kill, AtEveryCall) {
    const Lived undisturbed = live(GetParam(), {});
    ASSERT_THAT(undisturbed.complaints, testing::IsEmpty());
    const std::vector<Trial> trials = trialsFor(undisturbed.luods);
    ASSERT_GT(trials.size(), 50u);
    std::atomic<std::size_t> next = 0, losses = 0, kills = 0;
    std::mutex mutex;
    const auto work = [&] {
        for (std::size_t i; (i = next++) < trials.size();) {
            const Lived lived = live(GetParam(), trials[i].faults);
            kills += lived.kills;
            losses += !lived.complaints.empty();
            const std::lock_guard lock(mutex);
            EXPECT_GT(lived.kills, 0u) << fmt::format("{}", fmt::join(trials[i].faults, " "));
            for (const std::string& complaint : lived.complaints)
                ADD_FAILURE() << fmt::format("{}, {}: {}", fmt::join(trials[i].faults, " "), trials[i].words, complaint);
        }
    };
    std::thread other(work);
    work();
    other.join();
    fmt::print("{} lives with {} kills, {} with losses\n", trials.size(), kills.load(), losses.load());
    EXPECT_EQ(losses, 0u);
}

} // namespace
} // namespace luod::tests
