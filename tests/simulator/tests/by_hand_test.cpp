// SPDX-License-Identifier: LGPL-2.1-or-later
// The program of luod-troubleshooting(7) that gets a session's bytes out without luod, as it stands in the page.
#include "run.hpp"
#include "binaries.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace {

std::string contentOf(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string programInPage() {
    std::string page = contentOf(luod::tests::sourceFile("daemon/luod-troubleshooting.7"));
    const std::string begin = ".Bd -literal -offset indent\n";
    size_t at = page.find(begin);
    EXPECT_NE(at, page.npos);
    at += begin.size();
    return page.substr(at, page.find(".Ed\n", at) - at);
}

TEST(ByHand, TheProgramOfThePageGetsTheBytes) {
    luod::tests::TempDir dir;
    std::string program = dir.write("by-hand.py", programInPage()), copy = dir / "copy";
    // In the first boot the scenario preserves token 7 in "web"; what it would do in the second, the program does.
    const auto ran = run({simulatorPath(), "--next", "python3 '" + program + "' web 7 '" + copy + "'", "--", clientsPath(), "twoBoots"});
    EXPECT_EQ(ran.status, 0) << ran.output;
    EXPECT_EQ(contentOf(copy), "state of the web");
}

} // namespace
