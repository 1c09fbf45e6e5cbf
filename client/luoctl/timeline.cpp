// SPDX-License-Identifier: LGPL-2.1-or-later
#include "timeline.hpp"

#include "moments.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace luoctl {
namespace {

using Time = std::optional<uint64_t>;

struct Step {
    const char* name;
    Time begin, end;
};

void addStep(Timeline& timeline, const Step& step, Time aborted) {
    if (!step.begin)
        return;
    if (step.end)
        timeline.phases.push_back({step.name, *step.begin, std::max(*step.begin, *step.end), ""});
    else if (aborted)
        timeline.phases.push_back({step.name, *step.begin, std::max(*step.begin, *aborted), "aborted"});
}

void addPhases(Timeline& timeline, const Moments& moments) {
    Time aborted = moments.first("aborted"), barrier = moments.barrierEnd();
    const std::array steps{
        Step{"check", moments.first("requested"), moments.first("checked")},
        Step{"prepare", moments.first("checked"), barrier},
        Step{"seal", barrier, moments.first("sealed")},
        Step{"leave", moments.first("sealed"), moments.first("left")},
        Step{"gap", moments.first("left"), moments.first("kernel")},
        Step{"kernel", moments.first("kernel"), moments.first("manager")},
        Step{"userspace", moments.first("manager"), moments.first("luod")},
        Step{"claim", moments.first("luod"), moments.last("claimed")},
        Step{"finish", moments.first("luod"), moments.last("finished")},
    };
    for (const Step& step : steps) {
        addStep(timeline, step, aborted);
        if (step.begin && !step.end && aborted)
            return; // that is where it stopped
    }
}

Bar clientBar(const Moments& moments, size_t asked) {
    Bar bar{moments.at(asked).subject, moments.time(asked), 0, ""};
    auto answer = moments.answerTo(asked);
    Time end = answer ? Time(moments.time(*answer)) : moments.first("aborted");
    bar.end = std::max(bar.begin, end.value_or(bar.begin));
    if (!answer)
        bar.note = "not ready";
    else if (moments.at(*answer).what == "late")
        bar.note = "late";
    return bar;
}

Bar sessionBar(const Moments& moments, size_t claimed) {
    Bar bar{moments.at(claimed).subject, 0, moments.time(claimed), "not finished"};
    bar.begin = std::min(bar.end, moments.first("sealed").value_or(moments.first("left").value_or(bar.end)));
    for (size_t i = claimed; i < moments.size(); ++i)
        if (moments.at(i).what == "finished" && moments.at(i).subject == bar.name)
            bar.note = "";
    return bar;
}

struct Noted {
    std::string what;
    uint64_t time = 0;
};

// "stopped 8412345 1795253693217310; saved ...": none where it is something else.
std::vector<Noted> notedIn(const Moments& moments, const std::string& detail) {
    std::vector<Noted> all;
    std::istringstream text(detail);
    for (std::string one; std::getline(text, one, ';');) {
        std::istringstream words(one);
        std::string what, more;
        uint64_t monotonic = 0, wall = 0;
        if (!(words >> what >> monotonic >> wall) || words >> more)
            return {};
        all.push_back({what, moments.timeOf(monotonic, wall)});
    }
    return all;
}

// Whoever noted them, it was before the session was finished.
void addPause(Timeline& timeline, const Moments& moments, size_t finished) {
    const Moment& moment = moments.at(finished);
    std::vector<Noted> noted = notedIn(moments, moment.detail);
    if (noted.size() < 2)
        return;
    for (Noted& each : noted)
        each.time = std::min(each.time, moments.time(finished));
    auto add = [&](const std::string& name, const Noted& begin, const Noted& end) {
        timeline.pauses.push_back({name, begin.time, std::max(begin.time, end.time), ""});
    };
    add(moment.subject, noted.front(), noted.back());
    for (size_t i = 1; i < noted.size(); ++i)
        add(moment.subject + ": " + noted[i].what, noted[i - 1], noted[i]);
}

} // namespace

Timeline timelineOf(const Report& report) {
    Moments moments(report.moments);
    Timeline timeline{.begun = report.moments.empty() ? 0 : report.moments.front().wall};
    for (size_t i = 0; i < moments.size(); ++i) {
        timeline.times.push_back(moments.time(i));
        timeline.end = std::max(timeline.end, moments.time(i));
        if (moments.at(i).what == "asked" && !moments.at(i).subject.empty())
            timeline.clients.push_back(clientBar(moments, i));
        if (moments.at(i).what == "claimed")
            timeline.sessions.push_back(sessionBar(moments, i));
        if (moments.at(i).what == "finished")
            addPause(timeline, moments, i);
    }
    addPhases(timeline, moments);
    return timeline;
}

const Bar* find(const std::vector<Bar>& bars, std::string_view name) {
    auto at = std::ranges::find(bars, name, &Bar::name);
    return at == bars.end() ? nullptr : &*at;
}

} // namespace luoctl
