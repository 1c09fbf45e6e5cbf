// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What luod itself adds to a live update, under luo-sim and with luod as it is shipped: milliseconds, the median of several
// updates, for 1, 20 and 200 clients with a delay lock.
//   ready -> left    from the moment at which luod saw that the last client is ready until it leaves (the report's moments)
//   closed -> left   the same from the client's side: from just before the last lock is closed
//   abort -> told    from AbortLiveUpdate until every client has heard of it
// All clients are ready at once. Where they are few, what is waited for is the record on disk, which is begun when they are
// asked: look at the first two columns together.

#include "integration/memfd.hpp"
#include "integration/update_party.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <list>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace luod::tests {
namespace {

using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC, which luod's moments are in, too

constexpr int rounds = 10;

void must(const Answer& answer, const char* what) {
    if (!answer)
        throw std::runtime_error(std::string(what) + ": " + answer.words);
}

double milliseconds(Clock::duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

Clock::time_point at(std::uint64_t monotonic) { return Clock::time_point(std::chrono::microseconds(monotonic)); }

double median(std::vector<double> costs) {
    auto middle = costs.begin() + std::ptrdiff_t(costs.size() / 2);
    std::ranges::nth_element(costs, middle);
    return *middle;
}

struct Clients {
    Clients(const World& world, int count) {
        for (int i = 0; i < count; ++i)
            must(all.emplace_back(world, "client " + std::to_string(i)).taken, "a client's lock");
    }
    void hear(int type) {
        for (Party& client : all)
            if (client.hear().type != type)
                throw std::runtime_error("a client heard something else");
    }
    Clock::time_point ready() { // the instant before the last one says so
        for (auto client = all.begin(); client != std::prev(all.end()); ++client)
            client->ready();
        auto last = Clock::now();
        all.back().ready();
        return last;
    }
    std::list<Party> all;
};

struct Costs {
    std::vector<double> readyToLeft, closedToLeft, abortToTold;
};

void callOff(Lead& lead, Clients& clients, Costs& costs) {
    must(lead.begin(), "the update");
    clients.hear(LUOD_EVENT_PREPARE);
    auto start = Clock::now();
    must(lead.abort("measured"), "the abort");
    clients.hear(LUOD_EVENT_OVER);
    costs.abortToTold.push_back(milliseconds(Clock::now() - start));
}

// The last moment of that kind in the last update's report.
Clock::time_point moment(const luod_report& report, std::string_view what) {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < report.n_moments; ++i)
        if (report.moments[i].what == what)
            last = std::max(last, report.moments[i].monotonic);
    if (!last)
        throw std::runtime_error("the report lacks a moment");
    return at(last);
}

void goOver(World& world, Lead& lead, Clients& clients, Costs& costs) {
    must(lead.begin(), "the update");
    clients.hear(LUOD_EVENT_PREPARE);
    auto closed = clients.ready();
    world.luod().waitNextBoot();
    luod_report* report = nullptr;
    must(lead.client.answer(luod_get_report(lead.client.get(), nullptr, &report)), "the report");
    auto ready = moment(*report, "ready"), left = moment(*report, "left");
    luod_report_free(report);
    costs.readyToLeft.push_back(milliseconds(left - ready));
    costs.closedToLeft.push_back(milliseconds(left - closed));
}

void measure(int count) {
    World world;
    Lead lead(world);
    Costs costs;
    for (int round = 0; round < rounds; ++round) {
        const core::UniqueFd file = memfdWith("guest memory");
        must(lead.client.preserve(lead.client.made("vm1"), file.get(), 1), "the file");
        must(lead.load(), "the kernel");
        Clients clients(world, count);
        callOff(lead, clients, costs);
        goOver(world, lead, clients, costs);
        must(lead.client.finish(lead.client.found("vm1", "incoming")), "the session's end");
    }
    std::printf("%-8d %14.2f %14.2f %14.2f\n", count, median(costs.readyToLeft), median(costs.closedToLeft),
                median(costs.abortToTold));
    std::fflush(stdout);
}

} // namespace
} // namespace luod::tests

int main() try {
    std::printf("%-8s %14s %14s %14s\n", "clients", "ready -> left", "closed -> left", "abort -> told");
    for (int count : {1, 20, 200})
        luod::tests::measure(count);
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench-update: %s\n", error.what());
    return 1;
}
