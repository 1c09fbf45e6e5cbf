// SPDX-License-Identifier: LGPL-2.1-or-later
// The parser refuses what a scraper would: else it would prove nothing.
#include "open_metrics.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace luod::tests {
namespace {

const std::string good = "# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n# HELP a_bytes What \\\"it\\\" is.\\nMore.\n"
                         "a_bytes 1\na_bytes{x=\"1\",y=\"q\\\"\\\\\\n,}\"} 2.5\n# TYPE b counter\nb_total 3\n# EOF\n";

TEST(OpenMetrics, TellsFamiliesAndSamples) {
    auto families = parseOpenMetrics(good);
    ASSERT_EQ(families.size(), 2u);
    EXPECT_EQ(families["a_bytes"].type, "gauge");
    EXPECT_EQ(families["a_bytes"].unit, "bytes");
    EXPECT_EQ(families["a_bytes"].help, "What \"it\" is.\nMore.");
    EXPECT_EQ(families["a_bytes"].samples.size(), 2u);
    EXPECT_EQ(families["a_bytes"].samples["a_bytes{x=\"1\",y=\"q\\\"\\\\\\n,}\"}"], 2.5);
    EXPECT_EQ(families["b"].samples["b_total"], 3);
}

TEST(OpenMetrics, RefusesEveryBeginningOfIt) {
    for (size_t length = 0; length < good.size(); ++length)
        EXPECT_THROW(parseOpenMetrics(good.substr(0, length)), std::runtime_error) << length;
}

TEST(OpenMetrics, RefusesWhatIsNotOne) {
    for (const char* wrong :
         {"# EOF\nmore\n", "\n# EOF\n", "a 1\n# EOF\n", "# TYPE a gauge\na 1 2\n# EOF\n", "# TYPE a gauge\na one\n# EOF\n",
          "# TYPE a gauge\na 1\na 2\n# EOF\n", "# TYPE a counter\na 1\n# EOF\n", "# TYPE a counter\na_total -1\n# EOF\n",
          "# TYPE a gauge\n# UNIT a bytes\n# EOF\n", "# TYPE a gauge\na{x=\"1\",} 1\n# EOF\n",
          "# TYPE a gauge\na{x=\"\\t\"} 1\n# EOF\n", "# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n# EOF\n",
          "# TYPE a gauge\na{1x=\"1\"} 1\n# EOF\n", "# TYPE a gauge\na{x=1} 1\n# EOF\n", "# TYPE a gauge\na  1\n# EOF\n",
          "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na 2\n# EOF\n", "# TYPE a gauge\na 1\n# HELP a late\n# EOF\n",
          "# TYPE a gauge\n# TYPE a gauge\n# EOF\n", "# TYPE a_total counter\n# EOF\n", "# TYPE a stateset\n# EOF\n",
          "#TYPE a gauge\n# EOF\n", "# TYPE a gauge\n# HELP a a \" b\n# EOF\n"})
        EXPECT_THROW(parseOpenMetrics(wrong), std::runtime_error) << wrong;
}

} // namespace
} // namespace luod::tests
