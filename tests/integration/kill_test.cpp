// SPDX-License-Identifier: LGPL-2.1-or-later

// luod is killed at every single call that it makes of the kernel's live update: before it, after it, and twice in a row,
// the second time at whatever call follows. Nothing that the client was told of may be lost.

#include "script.hpp"

#include <atomic>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>

namespace luod::tests {
namespace {

struct Point {
    std::size_t number; // of all calls in the machine's life
    std::string words;
};

std::vector<std::string> live(Crossing crossing, std::vector<std::string> faults, const std::string& trace = "") {
    World::Options options{.faults = std::move(faults)};
    if (!trace.empty())
        options.simulator = {"--trace=" + trace};
    World world(options);
    auto complaints = Script(world, crossing).run();
    if (!complaints.empty())
        complaints.push_back(world.luod().log());
    return complaints;
}

// Which calls of an undisturbed life are luod's.
std::vector<Point> pointsOf(Crossing crossing) {
    const TempDir dir;
    for (const std::string& complaint : live(crossing, {}, dir / "trace"))
        ADD_FAILURE() << "undisturbed: " << complaint;
    std::ifstream trace(dir / "trace");
    std::vector<Point> points;
    std::size_t number = 0;
    for (std::string line; std::getline(trace, line);) {
        const auto pid = line.find("]: ");
        if (pid == line.npos) // the machine's own doings
            continue;
        ++number;
        if (line.find(": luod[") != line.npos)
            points.push_back({number, line.substr(pid + 3)});
    }
    return points;
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
    const std::vector<Trial> trials = trialsFor(pointsOf(GetParam()));
    ASSERT_GT(trials.size(), 50u);
    std::atomic<std::size_t> next = 0, losses = 0;
    std::mutex mutex;
    const auto work = [&] {
        for (std::size_t i; (i = next++) < trials.size();)
            if (const auto complaints = live(GetParam(), trials[i].faults); !complaints.empty()) {
                ++losses;
                const std::lock_guard lock(mutex);
                for (const std::string& complaint : complaints)
                    ADD_FAILURE() << fmt::format("{}", fmt::join(trials[i].faults, " ")) << ", " << trials[i].words << ": "
                                  << complaint;
            }
    };
    std::thread other(work);
    work();
    other.join();
    fmt::print("{} kills tried, {} with losses\n", trials.size(), losses.load());
    EXPECT_EQ(losses, 0u);
}

} // namespace
} // namespace luod::tests
