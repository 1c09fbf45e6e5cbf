// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/journal.hpp"

#include "platform/message_ids.hpp"

#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

using namespace luod::platform;

namespace {

TEST(Journal, FieldsCarryPriorityIdAndWhatElseThereIs) {
    std::vector<std::string> expected{"MESSAGE=gone", "PRIORITY=3", "MESSAGE_ID=" + std::string(message::sessionLost),
                                      "LUOD_SESSION=vm\n1"};
    EXPECT_EQ(journalFields(LOG_ERR, "gone", {{"LUOD_SESSION", "vm\n1"}}, message::sessionLost), expected);
    EXPECT_EQ(journalFields(LOG_INFO, "up", {}, "").size(), 2u);
}

TEST(Journal, ALineIsOneLine) {
    EXPECT_EQ(logLine(LOG_WARNING, "no room", {{"SESSION", "a\nb"}, {"UID", "5"}}, true),
              "<4>no room (SESSION=a\\x0ab, UID=5)\n");
    EXPECT_EQ(logLine(LOG_WARNING, "caf\u00e9\x1b[m", {}, false), "caf\u00e9\\x1b[m\n");
}

TEST(Journal, WithoutAJournalItGoesToStderr) {
    setenv("JOURNAL_STREAM", "1:2", 1); // somebody else's
    testing::internal::CaptureStderr();
    log(LOG_DEBUG, "too much");
    log(LOG_NOTICE, "hello", {{"K", "v"}});
    setLogLevel(LOG_DEBUG);
    log(LOG_DEBUG, "more");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "<5>hello (K=v)\n<7>more\n");
}

TEST(Journal, MessageIdsAreDifferentAndWellFormed) {
    std::array all{message::started,           message::ledgerReplayed, message::ledgerRefused,     message::sessionLost,
                   message::unclaimedFdDropped, message::liveUpdateSeen, message::deviceUnavailable, message::handoverFailed,
                   message::updateStep,         message::updateAborted,  message::sessionUnclaimed};
    EXPECT_EQ(std::set<std::string_view>(all.begin(), all.end()).size(), all.size());
    for (auto id : all) {
        EXPECT_EQ(id.size(), 32u);
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), id.npos);
    }
}

} // namespace
