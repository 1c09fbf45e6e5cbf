// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/verdict.hpp"

#include <gtest/gtest.h>

namespace luod::core {
namespace {

constexpr const char *u = "1234-abcd", *other = "9999-ffff";

TEST(Verdict, OfEveryRow) {
    struct {
        const char *recorded, *commandLine;
        bool deviceMissing;
        Handover found, expected;
        const char* words; // "" for none at all
    } rows[] = {
        {"", "", false, Handover::None, Handover::None, ""},
        {"", "", true, Handover::None, Handover::None, ""},
        {"", u, false, Handover::None, Handover::None, ""}, // of an update that was aborted
        {"", "", false, Handover::Done, Handover::Done, ""},
        {"", "", false, Handover::Partial, Handover::Partial, "luoctl list"},
        {"", "", false, Handover::Unreadable, Handover::Unreadable, "no handler"},
        {u, u, false, Handover::Done, Handover::Done, ""},
        {u, "", false, Handover::Done, Handover::Done, ""}, // by another kexec, after all was prepared
        {u, u, false, Handover::Partial, Handover::Partial, "could not be retrieved"},
        {u, u, false, Handover::Unreadable, Handover::Unreadable, "initrd"},
        {u, u, true, Handover::Unreadable, Handover::Unreadable, "initrd"},
        {u, u, false, Handover::None, Handover::Refused, "journalctl -k | grep -i kho"},
        {u, u, true, Handover::None, Handover::NoDevice, "kho=on liveupdate=on"},
        {u, "", false, Handover::None, Handover::ColdBoot, "booted cold"},
        {u, "", true, Handover::None, Handover::ColdBoot, "booted cold"},
        {u, other, false, Handover::None, Handover::ColdBoot, "another kexec"},
    };
    for (const auto& row : rows) {
        auto verdict = judge({row.recorded, "7.4.0", row.commandLine, row.deviceMissing, row.found}, "7.3.4-running");
        SCOPED_TRACE(std::string(row.recorded) + "|" + row.commandLine + "|" + std::string(word(row.found)));
        EXPECT_EQ(verdict.handover, row.expected) << word(verdict.handover);
        EXPECT_EQ(verdict.words.empty(), std::string_view(row.words).empty()) << verdict.words;
        EXPECT_NE(verdict.words.find(row.words), std::string::npos) << verdict.words;
    }
}

TEST(Verdict, SaysWhichUpdateAndWhichKernels) {
    auto verdict = judge({u, "7.4.0", u, false, Handover::None}, "7.3.4-running");
    EXPECT_NE(verdict.words.find("live update 1234-abcd to 7.4.0"), std::string::npos) << verdict.words;
    EXPECT_NE(verdict.words.find("7.3.4-running took nothing over"), std::string::npos) << verdict.words;
    verdict = judge({u, "", u, false, Handover::None}, "7.3.4-running");
    EXPECT_NE(verdict.words.find("live update 1234-abcd replaced"), std::string::npos) << verdict.words;
}

} // namespace
} // namespace luod::core
