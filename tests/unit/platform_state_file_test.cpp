// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/state_file.hpp"

#include "support/temp_dir.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

using namespace luod;
using platform::StateDirectory;

namespace {

class StateFile : public testing::Test {
protected:
    tests::TempDir where_;
    StateDirectory directory_{where_.path()};
};

TEST_F(StateFile, WhatIsWrittenIsRead) {
    ASSERT_TRUE(directory_.write("handover", "one"));
    ASSERT_TRUE(directory_.write("handover", std::string(100'000, 'x')));
    EXPECT_EQ(directory_.read("handover").value(), std::string(100'000, 'x'));
}

TEST_F(StateFile, NothingButTheFileIsLeft) {
    ASSERT_TRUE(directory_.write("handover", "one"));
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(where_.path()))
        ++files;
    EXPECT_EQ(files, 1u);
}

TEST_F(StateFile, AWriteThatFailsLeavesTheOldOne) {
    ASSERT_TRUE(directory_.write("handover", "old"));
    std::filesystem::create_directory(std::filesystem::path(where_.path()) / "handover.new"); // in the way
    auto written = directory_.write("handover", "new");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), EISDIR);
    EXPECT_EQ(directory_.read("handover").value(), "old");
}

TEST_F(StateFile, ALinkIsNotFollowed) {
    std::ofstream(std::string(where_.path()) + "/elsewhere") << "precious";
    std::filesystem::create_symlink("elsewhere", std::filesystem::path(where_.path()) / "handover.new");
    EXPECT_EQ(directory_.write("handover", "x").error(), ELOOP);
    std::filesystem::create_symlink("elsewhere", std::filesystem::path(where_.path()) / "handover");
    EXPECT_EQ(directory_.read("handover").error(), ELOOP);
}

TEST_F(StateFile, RemovingWhatIsNotThereIsNoError) {
    EXPECT_TRUE(directory_.remove("handover"));
    ASSERT_TRUE(directory_.write("handover", "x"));
    EXPECT_TRUE(directory_.remove("handover"));
    EXPECT_EQ(directory_.read("handover").error(), ENOENT);
}

TEST(StateFileNowhere, SaysSo) {
    StateDirectory nowhere("/nonexistent/luod");
    EXPECT_EQ(nowhere.write("handover", "x").error(), ENOENT);
    EXPECT_EQ(nowhere.read("handover").error(), ENOENT);
    EXPECT_TRUE(nowhere.remove("handover"));
}

} // namespace
