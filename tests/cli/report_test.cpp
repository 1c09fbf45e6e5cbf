// SPDX-License-Identifier: LGPL-2.1-or-later
// What is made of a report's moments: one axis of time, and a picture to scale.
#include "describe_report.hpp"
#include "svg.hpp"
#include "timeline.hpp"

#include "well_formed.hpp"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex>

namespace {

using namespace luoctl;

constexpr uint64_t ms = 1'000;
constexpr uint64_t day = 1'700'000'000'000'000; // wall clock of the request

Moment old(const char* what, const char* subject, uint64_t at) {
    return {.what = what, .subject = subject, .monotonic = 50'000 * ms + at, .wall = day + at};
}
// The next kernel's clock begins 700 ms after the request.
Moment fresh(const char* what, const char* subject, uint64_t at) {
    return {.what = what, .subject = subject, .monotonic = at - 700 * ms, .wall = day + at};
}

Report done() {
    return {.update = "6b1f",
            .outcome = "done",
            .mode = "direct",
            .from = "7.3.4",
            .to = "7.3.5",
            .moments = {old("requested", "", 0), old("checked", "", 100 * ms), old("asked", "vm1", 101 * ms),
                        old("asked", "vm2", 101 * ms), old("ready", "vm2", 150 * ms), old("late", "vm1", 300 * ms),
                        old("sealed", "", 310 * ms), old("left", "", 320 * ms), fresh("kernel", "", 700 * ms),
                        fresh("manager", "", 900 * ms), fresh("luod", "", 1'500 * ms),
                        fresh("claimed", "guest", 1'600 * ms), fresh("claimed", "disk", 1'700 * ms),
                        fresh("finished", "guest", 1'800 * ms)}};
}

TEST(Timeline, GoesOnOverTheKexec) {
    Timeline timeline = timelineOf(done());
    EXPECT_EQ(timeline.begun, day);
    EXPECT_EQ(timeline.end, 1'800 * ms);
    const std::vector<Bar> phases{{"check", 0, 100 * ms, ""},
                                  {"prepare", 100 * ms, 300 * ms, ""},
                                  {"seal", 300 * ms, 310 * ms, ""},
                                  {"leave", 310 * ms, 320 * ms, ""},
                                  {"gap", 320 * ms, 700 * ms, ""},
                                  {"kernel", 700 * ms, 900 * ms, ""},
                                  {"userspace", 900 * ms, 1'500 * ms, ""},
                                  {"claim", 1'500 * ms, 1'700 * ms, ""},
                                  {"finish", 1'500 * ms, 1'800 * ms, ""}};
    EXPECT_EQ(timeline.phases, phases);
}

TEST(Timeline, HasEachClientsTimeAndEachSessionsBlackout) {
    Timeline timeline = timelineOf(done());
    EXPECT_EQ(timeline.clients,
              (std::vector<Bar>{{"vm1", 101 * ms, 300 * ms, "late"}, {"vm2", 101 * ms, 150 * ms, ""}}));
    EXPECT_EQ(timeline.sessions,
              (std::vector<Bar>{{"guest", 310 * ms, 1'600 * ms, ""}, {"disk", 310 * ms, 1'700 * ms, "not finished"}}));
}

TEST(Timeline, AClockThatIsSetInTheNextKernelMovesNothing) {
    Report report = done();
    for (size_t i = 11; i < report.moments.size(); ++i)
        report.moments[i].wall += 3'600'000 * ms; // the network's time came after luod
    EXPECT_EQ(timelineOf(report).end, 1'800 * ms);
}

TEST(Timeline, AClockThatIsBehindDoesNotTurnTimeRound) {
    Report report = done();
    for (size_t i = 8; i < report.moments.size(); ++i)
        report.moments[i].wall -= 2'000 * ms; // the next kernel read a coarse clock
    Timeline timeline = timelineOf(report);
    EXPECT_EQ(find(timeline.phases, "gap")->end, 320 * ms);
    EXPECT_GE(timeline.end, 320 * ms);
}

TEST(Timeline, AnAbortEndsThePhaseItCameIn) {
    Report report{.outcome = "aborted",
                  .moments = {old("requested", "", 0), old("checked", "", 10 * ms), old("asked", "a", 11 * ms),
                              old("asked", "a", 12 * ms), old("ready", "a", 20 * ms), old("aborted", "", 500 * ms)}};
    Timeline timeline = timelineOf(report);
    EXPECT_EQ(timeline.phases,
              (std::vector<Bar>{{"check", 0, 10 * ms, ""}, {"prepare", 10 * ms, 500 * ms, "aborted"}}));
    // Two of the same name: one answered.
    EXPECT_EQ(timeline.clients, (std::vector<Bar>{{"a", 11 * ms, 20 * ms, ""}, {"a", 12 * ms, 500 * ms, "not ready"}}));
}

// As done(), with what the guest's owner noted, the wall clock of the next kernel being a second off.
Report paused(const std::string& more = "") {
    Report report = done();
    auto noted = [](const char* what, const Moment& at, uint64_t off) {
        return fmt::format("{} {} {}; ", what, at.monotonic, at.wall + off);
    };
    report.moments.back().detail =
        noted("stopped", old("", "", 200 * ms), 0) + noted("saved", old("", "", 220 * ms), 0) +
        noted("started", fresh("", "", 1'650 * ms), 1'000 * ms) +
        fmt::format("running {} {}{}", fresh("", "", 1'700 * ms).monotonic, day + 2'700 * ms, more);
    return report;
}

TEST(Timeline, HasThePauseAsTheOwnerNotedIt) {
    Timeline timeline = timelineOf(paused());
    EXPECT_EQ(timeline.pauses, (std::vector<Bar>{{"guest", 200 * ms, 1'700 * ms, ""},
                                                 {"guest: saved", 200 * ms, 220 * ms, ""},
                                                 {"guest: started", 220 * ms, 1'650 * ms, ""},
                                                 {"guest: running", 1'650 * ms, 1'700 * ms, ""}}));
    std::string text = textOf(paused(), true, false);
    EXPECT_NE(text.find("guest          0.200s 1.500s -\n"), std::string::npos) << text;
    EXPECT_EQ(nlohmann::json::parse(jsonOf(paused()).dump()).at("pauses").size(), 4u);
}

TEST(Timeline, WhatAnOwnerNotesCannotStretchIt) {
    Report report = paused(fmt::format("; never {0} {0}", uint64_t(9e18)));
    EXPECT_EQ(timelineOf(report).end, timelineOf(done()).end);
    EXPECT_EQ(timelineOf(report).pauses.back().end, 1'800 * ms);
    for (const char* other : {"luo-qemu@vm1.service", "stopped 1", "stopped 1 2 3; saved 1 2", "stopped x y", "; ;"}) {
        report.moments.back().detail = other;
        EXPECT_TRUE(timelineOf(report).pauses.empty()) << other;
    }
}

TEST(Timeline, OfNothingIsEmpty) {
    Timeline timeline = timelineOf({});
    EXPECT_EQ(timeline.end, 0u);
    EXPECT_TRUE(timeline.phases.empty());
    EXPECT_EQ(cli::notWellFormed(svgOf({})), "");
}

TEST(ReportText, HasAllOfIt) {
    std::string text = textOf(done(), true, false);
    EXPECT_NE(text.find("gap       0.320s 0.380s -\n"), std::string::npos) << text;
    EXPECT_NE(text.find("vm1    0.101s 0.199s late\n"), std::string::npos) << text;
    EXPECT_NE(text.find("disk    0.310s   1.390s not finished\n"), std::string::npos) << text;
    nlohmann::json json = nlohmann::json::parse(jsonOf(done()).dump());
    EXPECT_EQ(json.at("phases").at(4).at("took"), 380 * ms);
    EXPECT_EQ(json.at("moments").at(8).at("time"), 700 * ms);
    EXPECT_EQ(json.at("clients").size(), 2u);
}

struct Rect {
    std::string kind;
    double x, width;
};

std::vector<Rect> rectsOf(const std::string& svg) {
    std::regex pattern("<rect class=\"(\\w+)\" x=\"([0-9.]+)\" y=\"[0-9.]+\" width=\"([0-9.]+)\"");
    std::vector<Rect> rects;
    for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at)
        rects.push_back({(*at)[1], std::stod((*at)[2]), std::stod((*at)[3])});
    return rects;
}

TEST(Svg, IsToScale) {
    Timeline timeline = timelineOf(done());
    std::vector<Rect> rects = rectsOf(svgOf(done()));
    ASSERT_EQ(rects.size(), 1 + timeline.phases.size() + timeline.clients.size() + timeline.sessions.size());
    EXPECT_EQ(rects.front().kind, "ground"); // behind the others
    std::vector<Bar> bars = timeline.phases;
    bars.insert(bars.end(), timeline.clients.begin(), timeline.clients.end());
    bars.insert(bars.end(), timeline.sessions.begin(), timeline.sessions.end());
    double scale = rects[1].width / double(bars[0].end); // the check begins at 0
    for (size_t i = 0; i < bars.size(); ++i) {
        EXPECT_NEAR(rects[i + 1].x, rects[1].x + double(bars[i].begin) * scale, 0.01) << bars[i].name;
        EXPECT_NEAR(rects[i + 1].width, double(bars[i].end - bars[i].begin) * scale, 0.01) << bars[i].name;
    }
    EXPECT_EQ(rects[5].kind, "gap");
}

TEST(Svg, ItsAxisIsTheBarsOwn) {
    std::string svg = svgOf(done());
    std::vector<Rect> rects = rectsOf(svg);
    double scale = rects[1].width / 0.1; // pixels a second
    std::regex pattern("<text class=\"tick\" x=\"([0-9.]+)\" y=\"[0-9.]+\">([0-9.]+) s<");
    size_t ticks = 0;
    for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at, ++ticks)
        EXPECT_NEAR(std::stod((*at)[1]), rects[1].x + std::stod((*at)[2]) * scale, 0.01);
    EXPECT_GE(ticks, 5u);
    EXPECT_LE(ticks, 25u);
}

TEST(Svg, IsWellFormedWhateverNamesAre) {
    Report report = done();
    report.words = "1 < 2 & \"so\" on]]>";
    report.moments[2].subject = report.moments[5].subject =
        "<script>alert('x')</script>\x1b[31m & co, " + std::string(200, 'w');
    std::string svg = svgOf(report);
    EXPECT_EQ(cli::notWellFormed(svg), "");
    EXPECT_EQ(svg.find("<script"), std::string::npos);
    EXPECT_EQ(svg.find("http", svg.find("xmlns=") + 40), std::string::npos) << "it needs nothing else";
    EXPECT_NE(cli::notWellFormed("<a><b></a>"), "");
    EXPECT_NE(cli::notWellFormed("<a>&oops</a>"), "");
}

} // namespace
