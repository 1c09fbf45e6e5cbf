// SPDX-License-Identifier: LGPL-2.1-or-later
// That it is right after every change is core_registry_test's; here, what it calls the same sort.
#include "core/registry.hpp"

#include <gtest/gtest.h>

namespace luod::test {
namespace {

using namespace luod::core;
using Amount = Census::Amount;

Registry filled() {
    Registry registry;
    registry.apply(SessionAdded{{.id = 1, .owner = 7, .name = "a", .kernelName = "ka"}});
    registry.apply(SessionAdded{{.id = 2, .owner = 8, .name = "b", .kernelName = "kb"}});
    registry.apply(FilesListed{1, {{.token = 1, .kind = FileKind::Memfd, .size = 100},
                                   {.token = 2, .kind = FileKind::Memfd, .size = 20},
                                   {.token = 3, .kind = FileKind::VfioCdev}}});
    return registry;
}

TEST(Census, TellsOwnersKindsAndStatesApart) {
    Registry registry = filled();
    registry.apply(FilesPreserved{1, {1, 3}});
    const Census& census = registry.census();
    EXPECT_EQ(census.sessions().size(), 2u);
    EXPECT_EQ(census.sessions().at({7, Direction::Outgoing, SessionState::Active}), 1u);
    EXPECT_EQ(census.files().size(), 3u);
    EXPECT_EQ(census.files().at({7, FileKind::Memfd, FileState::Preserved}), (Amount{1, 100}));
    EXPECT_EQ(census.files().at({7, FileKind::Memfd, FileState::Preserving}), (Amount{1, 20}));
    EXPECT_EQ(census.files().at({7, FileKind::VfioCdev, FileState::Preserved}), (Amount{1, 0}));
}

TEST(Census, FollowsAKexec) {
    Registry registry = filled();
    registry.apply(FilesPreserved{1, {1, 2, 3}});
    registry.crossOver({.bootId = "next"});
    registry.apply(FilesRetrieved{1, {2}});
    EXPECT_EQ(registry.census().sessions().at({8, Direction::Incoming, SessionState::Active}), 1u);
    EXPECT_EQ(registry.census().files().at({7, FileKind::Memfd, FileState::Waiting}), (Amount{1, 100}));
    EXPECT_EQ(registry.census().files().at({7, FileKind::Memfd, FileState::Retrieved}), (Amount{1, 20}));
}

TEST(Census, ForgetsSortsOfWhichThereIsNone) {
    Registry registry = filled();
    registry.apply(FilesDropped{1, {1, 2, 3}});
    EXPECT_TRUE(registry.census().files().empty());
    registry.apply(SessionGone{1});
    registry.apply(SessionGone{2});
    EXPECT_TRUE(registry.census().sessions().empty());
}

} // namespace
} // namespace luod::test
