// SPDX-License-Identifier: LGPL-2.1-or-later
#include "moments.hpp"

#include <algorithm>
#include <array>

namespace luoctl {
namespace {

constexpr std::array<std::string_view, 5> ofTheNewKernel{"kernel", "manager", "luod", "claimed", "finished"};

constexpr uint64_t sameClock = 1'000'000; // no kernel is replaced in the first second of its life

bool isAfter(const Moment& moment) {
    return std::ranges::find(ofTheNewKernel, moment.what) != ofTheNewKernel.end();
}

bool isAnswer(const Moment& moment) {
    return moment.what == "ready" || moment.what == "late";
}

uint64_t since(uint64_t begin, uint64_t end) {
    return end < begin ? 0 : end - begin;
}

std::optional<uint64_t> beginOfClock(std::span<const Moment> moments) {
    for (const Moment& moment : moments)
        if (isAfter(moment) && moment.monotonic > 0 && moment.wall >= moment.monotonic)
            return moment.wall - moment.monotonic;
    return std::nullopt;
}

} // namespace

Moments::Moments(std::span<const Moment> moments) : moments_(moments), clockBegan_(beginOfClock(moments)) {
    if (moments.empty())
        return;
    leftWall_ = moments.front().wall; // where "left" was never noted
    for (const Moment& moment : moments)
        if (moment.what == "left") {
            leftWall_ = moment.wall;
            leftTime_ = before(moment.monotonic, moment.wall);
        }
    for (const Moment& moment : moments)
        times_.push_back(isAfter(moment) ? after(moment) : before(moment.monotonic, moment.wall));
}

uint64_t Moments::before(uint64_t monotonic, uint64_t wall) const {
    const Moment& begin = moments_.front();
    return monotonic && begin.monotonic ? since(begin.monotonic, monotonic) : since(begin.wall, wall);
}

uint64_t Moments::after(const Moment& moment) const {
    // The first instant of the kernel is 0 on its clock, which also stands for "not known": of that the wall clock
    // tells.
    uint64_t wall =
        clockBegan_ && (moment.monotonic || moment.what == "kernel") ? *clockBegan_ + moment.monotonic : moment.wall;
    return afterArrival(wall);
}

uint64_t Moments::afterArrival(uint64_t wall) const {
    return leftTime_ + since(leftWall_, wall);
}

// Which kernel's it is, is told by when its clock would have begun. In a simulation the clock does not begin anew.
uint64_t Moments::timeOf(uint64_t monotonic, uint64_t wall) const {
    uint64_t clockBegan = wall - monotonic, oldClockBegan = moments_.front().wall - moments_.front().monotonic;
    auto distance = [](uint64_t a, uint64_t b) { return a < b ? b - a : a - b; };
    if (!clockBegan_ || distance(oldClockBegan, *clockBegan_) < sameClock ||
        distance(clockBegan, oldClockBegan) < distance(clockBegan, *clockBegan_))
        return before(monotonic, wall);
    return afterArrival(*clockBegan_ + monotonic);
}

std::optional<uint64_t> Moments::first(std::string_view what) const {
    for (size_t i = 0; i < size(); ++i)
        if (at(i).what == what)
            return time(i);
    return std::nullopt;
}

std::optional<uint64_t> Moments::last(std::string_view what) const {
    for (size_t i = size(); i-- > 0;)
        if (at(i).what == what)
            return time(i);
    return std::nullopt;
}

std::optional<size_t> Moments::answerTo(size_t asked) const {
    const std::string& who = at(asked).subject;
    auto sameName = [&](const Moment& moment) { return moment.what == "asked" && moment.subject == who; };
    auto before = std::count_if(moments_.begin(), moments_.begin() + ptrdiff_t(asked), sameName);
    for (size_t i = 0; i < size(); ++i)
        if (isAnswer(at(i)) && at(i).subject == who && before-- == 0)
            return i;
    return std::nullopt;
}

std::optional<uint64_t> Moments::barrierEnd() const {
    auto sealed = first("sealed");
    if (!sealed)
        return std::nullopt;
    std::optional<uint64_t> end = first("checked");
    for (size_t i = 0; i < size(); ++i)
        if (isAnswer(at(i)) && time(i) <= *sealed)
            end = std::max(end.value_or(0), time(i));
    return end;
}

} // namespace luoctl
