// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/registry.hpp"
#include "unit/core_life.hpp"

#include <iostream>
#include <random>

namespace luod::test {
namespace {

Session session(SessionId id, uid_t owner, const std::string& name, Direction direction = Direction::Outgoing) {
    return {.id = id, .owner = owner, .direction = direction, .name = name, .kernelName = "k" + name};
}
File file(Token token, const std::string& name = {}, std::uint64_t size = 10, std::uint64_t inode = 0) {
    return {.token = token, .name = name, .size = size, .identity = {inode ? 1U : 0U, inode}};
}

// Everything that is counted or indexed, counted and looked for again.
void expectSound(const Registry& registry) {
    std::map<uid_t, Usage> users;
    Usage total;
    Census census;
    for (const auto& [id, s] : registry.sessions()) {
        EXPECT_LT(id, registry.nextId());
        std::uint64_t bytes = 0, metadata = 0;
        std::size_t named = 0;
        for (const auto& [token, f] : s.files) {
            EXPECT_EQ(token, f.token);
            bytes += f.size;
            metadata += f.name.size() + weight(f.metadata);
            if (f.identity.known()) {
                EXPECT_TRUE(registry.isPreserved(f.identity));
            }
            if (f.name.empty())
                continue;
            ++named;
            ASSERT_TRUE(s.byName.contains(f.name));
            EXPECT_EQ(s.byName.at(f.name), token);
        }
        EXPECT_EQ(s.byName.size(), named);
        EXPECT_EQ(s.bytes, bytes);
        for (auto* usage : {&users[s.owner], &total}) {
            ++usage->sessions;
            usage->files += s.files.size();
            usage->bytes += bytes;
            usage->metadata += metadata;
        }
        census.enterAll(s);
        auto* found = registry.find(s.owner, s.direction, s.name);
        if (s.state == SessionState::Lost)
            EXPECT_NE(found, &s);
        else
            EXPECT_EQ(found, &s);
    }
    auto same = [](const Usage& a, const Usage& b) {
        EXPECT_EQ(std::tie(a.sessions, a.files, a.bytes, a.metadata), std::tie(b.sessions, b.files, b.bytes, b.metadata));
    };
    same(registry.total(), total);
    EXPECT_EQ(registry.census().sessions(), census.sessions());
    EXPECT_EQ(registry.census().files(), census.files());
    for (uid_t owner = 0; owner < 5; ++owner)
        same(registry.usage(owner), users[owner]);
    Registry again;
    bool complete = false;
    registry.snapshot([&](const Record& record) {
        EXPECT_FALSE(complete) << "SnapshotComplete comes last";
        complete = std::holds_alternative<SnapshotComplete>(record);
        again.apply(record);
    });
    EXPECT_TRUE(complete);
    EXPECT_EQ(bytesOf(again), bytesOf(registry));
    EXPECT_EQ(again.nextId(), registry.nextId());
}

// A file that its owner preserved itself has the size that the owner says. The sanitizers see more of it than we do.
TEST(Registry, CountsSizesThatCannotBe) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 0, "a")});
    registry.apply(FilesListed{1, {file(1, "", std::uint64_t(1) << 63), file(2, "", ~std::uint64_t(0)), file(3)}});
    EXPECT_EQ(registry.total().files, 3u);
    registry.apply(FilesDropped{1, {1, 2}});
    EXPECT_EQ(registry.total().bytes, 10u);
    registry.apply(SessionGone{1});
    EXPECT_EQ(registry.total().bytes, 0u);
}

TEST(Registry, RemembersTheBoot) {
    Registry registry;
    registry.apply(BootNoted{"b1", "7.3", 4, 9, Handover::Done});
    EXPECT_EQ(registry.boot().bootId, "b1");
    EXPECT_EQ(registry.boot().liveUpdates, 4u);
    EXPECT_EQ(registry.nextId(), 9u);
    registry.noteHandover(Handover::Partial);
    EXPECT_EQ(registry.boot().handover, Handover::Partial);
    expectSound(registry);
}

TEST(Registry, NeverGivesAnIdAgain) {
    Registry registry;
    registry.apply(SessionAdded{session(7, 1, "a")});
    registry.apply(SessionGone{7});
    EXPECT_EQ(registry.nextId(), 8u);
    Registry again;
    registry.snapshot([&](const Record& record) { again.apply(record); });
    EXPECT_EQ(again.nextId(), 8u);
}

TEST(Registry, FindsSessionsByIdAndByOwnerDirectionAndName) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(SessionAdded{session(2, 2, "a")});
    registry.apply(SessionAdded{session(3, 1, "a", Direction::Incoming)});
    EXPECT_EQ(registry.find(1, Direction::Outgoing, "a")->id, 1u);
    EXPECT_EQ(registry.find(2, Direction::Outgoing, "a")->id, 2u);
    EXPECT_EQ(registry.find(1, Direction::Incoming, "a")->id, 3u);
    EXPECT_EQ(registry.find(2, Direction::Incoming, "a"), nullptr);
    EXPECT_EQ(registry.find(4), nullptr);
    registry.apply(SessionGone{1});
    EXPECT_EQ(registry.find(1, Direction::Outgoing, "a"), nullptr);
    EXPECT_EQ(registry.find(1), nullptr);
    expectSound(registry);
}

TEST(Registry, ALostSessionGivesItsNameFree) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(SessionStateChanged{1, SessionState::Lost});
    EXPECT_EQ(registry.find(1, Direction::Outgoing, "a"), nullptr);
    registry.apply(SessionAdded{session(2, 1, "a")});
    registry.apply(SessionGone{1});
    EXPECT_EQ(registry.find(1, Direction::Outgoing, "a")->id, 2u);
    registry.apply(SessionStateChanged{2, SessionState::Rebuilding});
    EXPECT_EQ(registry.find(1, Direction::Outgoing, "a")->state, SessionState::Rebuilding);
    expectSound(registry);
}

TEST(Registry, KnowsThatASessionWasLent) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    EXPECT_FALSE(registry.find(1)->lent);
    registry.apply(SessionLent{1});
    EXPECT_TRUE(registry.find(1)->lent);
    expectSound(registry);
}

TEST(Registry, CountsFilesAndBytes) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(SessionAdded{session(2, 2, "b")});
    registry.apply(FilesListed{1, {file(1, "x", 100), file(2, "y", 200)}});
    registry.apply(FilesListed{2, {file(1, "x", 5)}});
    EXPECT_EQ(registry.usage(1).files, 2u);
    EXPECT_EQ(registry.usage(1).bytes, 300u);
    EXPECT_EQ(registry.total().files, 3u);
    EXPECT_EQ(registry.total().bytes, 305u);
    EXPECT_EQ(registry.total().sessions, 2u);
    EXPECT_EQ(registry.usage(3).sessions, 0u);
    registry.apply(FilesDropped{1, {1, 99}});
    EXPECT_EQ(registry.usage(1).bytes, 200u);
    EXPECT_EQ(registry.find(1)->bytes, 200u);
    registry.apply(SessionGone{1});
    EXPECT_EQ(registry.usage(1).sessions, 0u);
    EXPECT_EQ(registry.usage(1).files, 0u);
    EXPECT_EQ(registry.total().bytes, 5u);
    expectSound(registry);
}

TEST(Registry, FollowsAFileFromIntentToEnd) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(FilesListed{1, {file(1), file(2)}});
    EXPECT_EQ(registry.find(1)->files.at(1).state, FileState::Preserving);
    registry.apply(FilesPreserved{1, {1, 99}});
    EXPECT_EQ(registry.find(1)->files.at(1).state, FileState::Preserved);
    EXPECT_EQ(registry.find(1)->files.at(2).state, FileState::Preserving);
    registry.apply(FilesRetrieved{1, {2, 99}});
    EXPECT_EQ(registry.find(1)->files.at(2).state, FileState::Retrieved);
    registry.apply(FilesDropped{1, {1}});
    EXPECT_FALSE(registry.find(1)->files.contains(1));
    expectSound(registry);
}

TEST(Registry, RemembersWhichOpenFilesAreHeld) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(FilesListed{1, {file(1, "", 1, 55), file(2, "", 1, 56)}});
    EXPECT_TRUE(registry.isPreserved({1, 55}));
    EXPECT_FALSE(registry.isPreserved({2, 55}));
    registry.apply(FilesDropped{1, {1}});
    EXPECT_FALSE(registry.isPreserved({1, 55}));
    registry.apply(SessionGone{1});
    EXPECT_FALSE(registry.isPreserved({1, 56}));
}

TEST(Registry, AnnotatingMovesTheName) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(FilesListed{1, {file(1, "x"), file(2)}});
    registry.apply(FileAnnotated{1, 1, "a rather longer name than fits into a small string", {{"k", true}}});
    expectSound(registry);
    EXPECT_FALSE(registry.find(1)->byName.contains("x"));
    EXPECT_TRUE(std::get<bool>(registry.find(1)->files.at(1).metadata.at("k")));
    registry.apply(FileAnnotated{1, 2, "x", {}});
    registry.apply(FileAnnotated{1, 1, "", {}});
    EXPECT_EQ(registry.find(1)->byName.size(), 1u);
    EXPECT_EQ(registry.find(1)->byName.at("x"), 2u);
    registry.apply(FileAnnotated{1, 99, "z", {}});
    expectSound(registry);
}

TEST(Registry, TakesTheSameRecordTwice) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(FilesListed{1, {file(1, "x", 10, 5)}});
    auto once = bytesOf(registry);
    registry.apply(FilesListed{1, {file(1, "x", 10, 5)}});
    EXPECT_EQ(bytesOf(registry), once);
    expectSound(registry);
    registry.apply(SessionAdded{session(1, 1, "a")});
    EXPECT_EQ(registry.total().files, 0u);
    expectSound(registry);
}

TEST(Registry, PassesOverRecordsOfWhatIsNotThere) {
    Registry registry;
    for (Record record : std::vector<Record>{SessionGone{9}, SessionLent{9}, SessionStateChanged{9, SessionState::Lost},
                                             FilesListed{9, {file(1)}}, FilesPreserved{9, {1}}, FilesDropped{9, {1}},
                                             FileAnnotated{9, 1, "x", {}}, FilesRetrieved{9, {1}}, SnapshotComplete{}})
        registry.apply(record);
    EXPECT_TRUE(registry.sessions().empty());
    EXPECT_EQ(registry.total().files, 0u);
    expectSound(registry);
}

TEST(Registry, CrossingOverTurnsOutgoingIntoIncomingAndLosesWhatWasIncoming) {
    Registry registry;
    registry.apply(BootNoted{"b1", "7.1", 0});
    registry.apply(SessionAdded{session(1, 1, "a", Direction::Incoming)});
    registry.apply(SessionAdded{session(2, 1, "a")});
    registry.apply(SessionAdded{session(3, 1, "lost")});
    registry.apply(SessionAdded{session(4, 1, "half")});
    registry.apply(FilesListed{2, {file(1, "x", 10, 5)}});
    registry.apply(FilesPreserved{2, {1}});
    registry.apply(FilesListed{4, {file(1)}});
    registry.apply(FilesPreserved{4, {1}});
    registry.apply(SessionLent{2});
    registry.apply(SessionStateChanged{3, SessionState::Lost});
    registry.apply(SessionStateChanged{4, SessionState::Rebuilding});
    registry.crossOver({.bootId = "b2", .release = "7.2", .liveUpdates = 1});
    EXPECT_EQ(registry.boot().bootId, "b2");
    EXPECT_EQ(registry.nextId(), 5u) << "ids are not given again";
    EXPECT_EQ(registry.find(1)->state, SessionState::Lost);
    EXPECT_EQ(registry.find(3)->state, SessionState::Lost);
    EXPECT_EQ(registry.find(4)->state, SessionState::Active) << "there is nothing left to make it anew from";
    EXPECT_EQ(registry.find(4)->files.at(1).state, FileState::Preserving) << "so nobody knows what it holds";
    const Session* came = registry.find(1, Direction::Incoming, "a");
    ASSERT_TRUE(came);
    EXPECT_EQ(came->id, 2u);
    EXPECT_FALSE(came->lent);
    EXPECT_EQ(came->files.at(1).state, FileState::Waiting);
    EXPECT_FALSE(registry.isPreserved({1, 5})) << "inodes mean nothing in another kernel";
    EXPECT_EQ(registry.find(1, Direction::Outgoing, "a"), nullptr);
    EXPECT_EQ(registry.usage(1).files, 2u);
    expectSound(registry);
}

// A file on its way to the kernel when that was replaced may or may not be with it: its state must go on saying so.
TEST(Registry, CrossingOverDoesNotTakeAnIntentForAFile) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    registry.apply(FilesListed{1, {file(1)}});
    registry.crossOver({.bootId = "b2"});
    EXPECT_EQ(registry.find(1)->files.at(1).state, FileState::Preserving);
}

TEST(Registry, SnapshotsManyFilesInPieces) {
    Registry registry;
    registry.apply(SessionAdded{session(1, 1, "a")});
    for (Token token = 0; token < 200; ++token)
        registry.apply(FilesListed{1, {file(token, "f" + std::to_string(token))}});
    std::size_t most = 0;
    registry.snapshot([&](const Record& record) {
        if (auto* listed = std::get_if<FilesListed>(&record))
            most = std::max(most, listed->files.size());
    });
    EXPECT_EQ(most, 64u);
    expectSound(registry);
}

TEST(Registry, IsSoundAfterAnySequenceOfRecords) {
    auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    auto upTo = [&](std::uint64_t n) { return random() % n; };
    for (int round = 0; round < 20; ++round) {
        Registry registry;
        std::uint64_t inode = 0;
        for (int step = 0; step < 200; ++step) {
            SessionId id = 1 + upTo(6);
            Token token = upTo(5);
            auto name =
                upTo(3) ? "n" + std::to_string(token) : std::string(); // no two tokens share one, as luod sees to it
            switch (upTo(10)) {
            case 0:
            case 1: // names are never taken twice: one a session id
                registry.apply(SessionAdded{session(id, uid_t(upTo(4)), "s" + std::to_string(id), Direction(upTo(2)))});
                break;
            case 2:
                registry.apply(SessionGone{id});
                break;
            case 3:
                registry.apply(SessionStateChanged{id, SessionState(upTo(3))});
                break;
            case 4:
            case 5:
                registry.apply(FilesListed{id, {file(token, name, upTo(100), ++inode)}});
                break;
            case 6:
                registry.apply(FilesPreserved{id, {token}});
                break;
            case 7:
                registry.apply(FilesDropped{id, {token}});
                break;
            case 8:
                registry.apply(FileAnnotated{id, token, name, {}});
                break;
            case 9:
                if (upTo(20) == 0)
                    registry.crossOver({.bootId = "b"});
                else
                    registry.apply(FilesRetrieved{id, {token}});
                break;
            }
            expectSound(registry);
            if (testing::Test::HasFailure())
                return;
        }
    }
}

} // namespace
} // namespace luod::test
