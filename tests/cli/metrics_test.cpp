// SPDX-License-Identifier: LGPL-2.1-or-later
// luoctl metrics: read as a scraper reads it, and written as one finds it.
#include "luoctl_run.hpp"
#include "open_metrics.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace {

using cli::Luoctl, cli::Outcome;
using luod::tests::parseOpenMetrics;
using nlohmann::json;

class MetricsText : public Luoctl {
protected:
    std::string contentOf(const std::string& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::vector<std::string> filesThere() {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(dir.path()))
            names.push_back(entry.path().filename());
        return names;
    }
    luod::tests::TempDir dir;
    std::string file = dir / "luod.prom";
};

TEST_F(MetricsText, IsOpenMetricsWhateverLabelsHold) {
    auto families = parseOpenMetrics(ok({"metrics"}));
    EXPECT_EQ(families.at("luod_up").samples.at("luod_up"), 1);
    EXPECT_EQ(families.at("luod_file_bytes").unit, "bytes");
    EXPECT_EQ(families.at("luod_file_bytes").samples.at(R"(luod_file_bytes{owner="1000",kind="memfd"})"), 18446744073709551615.0);
    EXPECT_EQ(families.at("luod_updates").type, "counter");
    EXPECT_EQ(families.at("luod_updates").samples.at(R"(luod_updates_total{outcome="a \"b\" \\ \n c"})"), 3);
    EXPECT_EQ(families.at("luod_start_time_seconds").samples.at("luod_start_time_seconds"), 1700000000.000042);
    EXPECT_FALSE(families.contains("from-tomorrow"));
    EXPECT_FALSE(families.contains("luod_last_update_phase_seconds")); // there was none
}

TEST_F(MetricsText, TellsHowLongThePhasesOfTheLastUpdateTook) {
    setReport("done", {{"requested", "", 1'000'000, 5'000'000}, {"checked", "", 1'250'000, 5'250'000},
                       {"ready", "vm", 1'500'000, 5'500'000}, {"sealed", "", 2'000'000, 6'000'000}});
    auto families = parseOpenMetrics(ok({"metrics"}));
    EXPECT_EQ(families.at("luod_last_update_phase_seconds").samples.at(R"(luod_last_update_phase_seconds{phase="check"})"), 0.25);
    EXPECT_EQ(families.at("luod_last_update_start_time_seconds").samples.at("luod_last_update_start_time_seconds"), 5);
}

TEST_F(MetricsText, IsThereAsJson) {
    json all = json::parse(ok({"metrics", "--json=short"}));
    EXPECT_EQ(all.at(0), (json{{"name", "luod_up"}, {"labels", json::object()}, {"value", 1}}));
    bool found = false;
    for (const json& each : all)
        found |= each == json{{"name", "luod_updates"}, {"labels", {{"outcome", "a \"b\" \\ \n c"}}}, {"value", 3}};
    EXPECT_TRUE(found) << all;
}

TEST_F(MetricsText, ReplacesTheFileAndLeavesNothingBeside) {
    std::ofstream(file) << "old";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    EXPECT_EQ(ok({"metrics", "--output", file}), "");
    EXPECT_EQ(parseOpenMetrics(contentOf(file)).at("luod_up").samples.at("luod_up"), 1);
    struct stat status {};
    ASSERT_EQ(stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0644u);
    EXPECT_EQ(filesThere(), std::vector<std::string>{"luod.prom"});
}

TEST_F(MetricsText, SaysInTheFileThatLuodIsGone) {
    std::ofstream(file) << "old";
    endMock();
    refusedSaying(6, "luod is not running", {"metrics", "--output", file});
    auto families = parseOpenMetrics(contentOf(file));
    EXPECT_EQ(families.size(), 1u);
    EXPECT_EQ(families.at("luod_up").samples.at("luod_up"), 0);
    refusedSaying(6, "luod is not running", {"metrics"});
}

TEST_F(MetricsText, LeavesTheFileWhenSomethingElseFails) {
    std::ofstream(file) << "old";
    fail("Metrics", "org.luod1.Error.LedgerTrouble", "no");
    refused(11, {"metrics", "--output", file});
    EXPECT_EQ(contentOf(file), "old");
    fail("Metrics", "", "");
    refusedSaying(1, "nowhere", {"metrics", "--output", dir / "nowhere/luod.prom"});
    std::filesystem::create_directory(dir / "taken");
    refused(1, {"metrics", "--output", dir / "taken"});
    EXPECT_EQ(filesThere().size(), 2u); // nothing aside was left
}

} // namespace
