// SPDX-License-Identifier: LGPL-2.1-or-later
// luod's numbers over its life: `luoctl metrics` in the simulated machine, read as a scraper would.
#include "open_metrics.hpp"
#include "updated.hpp"

#include <fmt/format.h>

namespace luod::tests {
namespace {

class Metrics : public Updated {
protected:
    // A family's sample by its labels; -1 where there is none.
    double value(const std::string& family, const std::string& labels = "") {
        const Outcome outcome = world.luoctl({"metrics"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        for (const auto& [name, found] : parseOpenMetrics(outcome.out))
            if (name == family)
                for (const auto& [sample, number] : found.samples)
                    if (sample == fmt::format("{}{}{}", name, found.type == "counter" ? "_total" : "", labels))
                        return number;
        return -1;
    }
    double files(const std::string& state) {
        return value("luod_files", fmt::format(R"({{kind="memfd",owner="0",state="{}"}})", state));
    }
    double sessions(const std::string& direction) {
        return value("luod_sessions", fmt::format(R"({{direction="{}",owner="0",state="active"}})", direction));
    }
};

TEST_F(Metrics, FollowASessionOverAKexec) {
    EXPECT_EQ(value("luod_up"), 1);
    EXPECT_EQ(value("luod_available"), 1);
    EXPECT_EQ(sessions("outgoing"), -1);
    double used = value("luod_ledger_used_bytes");
    holdSomething();
    EXPECT_EQ(sessions("outgoing"), 1);
    EXPECT_EQ(files("preserved"), 1);
    EXPECT_EQ(value("luod_file_bytes", R"({kind="memfd",owner="0",state="preserved"})"), 12);
    EXPECT_GT(value("luod_ledger_used_bytes"), used);
    EXPECT_EQ(value("luod_ledger_size_bytes"), 1 << 20);
    world.luod().kexecDirect();
    EXPECT_EQ(sessions("outgoing"), -1);
    EXPECT_EQ(sessions("incoming"), 1);
    EXPECT_EQ(files("waiting"), 1);
    expectItBack();
    EXPECT_EQ(files("waiting"), -1);
    EXPECT_EQ(files("retrieved"), 1);
    EXPECT_EQ(value("luod_live_updates"), 1);
}

TEST_F(Metrics, CountRefusedCallsByTheirError) {
    EXPECT_EQ(value("luod_refused_calls", R"({error="NoSuchSession"})"), 0);
    EXPECT_FALSE(lead.client.find("nobody's"));
    EXPECT_FALSE(lead.client.find("nobody's"));
    EXPECT_EQ(value("luod_refused_calls", R"({error="NoSuchSession"})"), 2);
    holdSomething();
    EXPECT_EQ(lead.client.create("vm1").error, "NameTaken"); // answered later
    EXPECT_EQ(value("luod_refused_calls", R"({error="NameTaken"})"), 1);
}

// Each once, whether luod is restarted or the machine goes over.
TEST_F(Metrics, CountUpdatesByTheirOutcome) {
    holdSomething();
    expectDone(lead.load());
    {
        Party party(world, "vmm");
        expectDone(lead.begin());
        EXPECT_EQ(party.hear().type, LUOD_EVENT_PREPARE);
        EXPECT_EQ(value("luod_phase", R"({phase="preparing"})"), 1);
        EXPECT_EQ(value("luod_phase", R"({phase="idle"})"), 0);
        EXPECT_EQ(value("luod_awaited_clients"), 1);
        EXPECT_EQ(value("luod_locks", R"({mode="delay"})"), 1);
        expectDone(lead.abort("a test"));
        EXPECT_EQ(party.hear().type, LUOD_EVENT_OVER);
    }
    EXPECT_EQ(value("luod_updates", R"({outcome="aborted"})"), 1);
    EXPECT_GE(value("luod_last_update_phase_seconds", R"({phase="prepare"})"), 0);
    world.luod().restart();
    EXPECT_EQ(value("luod_updates", R"({outcome="aborted"})"), 1);
    expectDone(lead.load());
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    lead.waitPhase("idle");
    while (value("luod_updates", R"({outcome="done"})") < 1) { // counted when all of the arrival is noted
    }
    world.luod().restart();
    EXPECT_EQ(value("luod_updates", R"({outcome="done"})"), 1);
    EXPECT_EQ(value("luod_updates", R"({outcome="aborted"})"), 1);
    EXPECT_GE(value("luod_last_update_phase_seconds", R"({phase="gap"})"), 0);
    EXPECT_GT(value("luod_last_update_start_time_seconds"), 1.6e9);
}

// Nobody learns of others' sessions by numbers.
TEST_F(Metrics, OfOthersAreRootsOnly) {
    holdSomething();
    Client other(world, nobody);
    luod_metrics* list = nullptr;
    expectDone(other.answer(luod_get_metrics(other.get(), &list)));
    std::size_t rows = 0;
    while (const luod_metric* row = luod_metrics_next(list)) {
        EXPECT_STRNE(row->name, "sessions");
        EXPECT_STRNE(row->name, "files");
        EXPECT_STRNE(row->name, "bytes");
        ++rows;
    }
    luod_metrics_free(list);
    EXPECT_GT(rows, 20u);
}

} // namespace
} // namespace luod::tests
