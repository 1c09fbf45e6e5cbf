// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/registry.hpp"
#include "unit/core_life.hpp"
#include "unit/core_samples.hpp"

namespace luod::test {
namespace {

Registry copyOf(const Registry& registry) {
    Registry again;
    registry.snapshot([&](const Record& record) { again.apply(record); });
    return again;
}
void expectSound(const Registry& registry) { EXPECT_EQ(bytesOf(copyOf(registry)), bytesOf(registry)); }

UpdateMoment moment(const std::string& uuid, Milestone what, const std::string& subject = {}) {
    return {uuid, {what, subject, 0, {}, {}}};
}

// An update with this uuid, up to this phase.
Registry inPhase(Phase phase, const std::string& uuid = "u") {
    Registry registry;
    registry.apply(BootNoted{"b1", "7.1"});
    registry.apply(UpdateBegan{Update{.uuid = uuid}});
    if (phase != Phase::Checking)
        registry.apply(UpdatePhase{phase, "7.2", 55});
    return registry;
}

TEST(UpdateLog, FollowsAnUpdateFromItsRequestToItsEnd) {
    auto registry = inPhase(Phase::Checking);
    const UpdateLog& log = registry.updates();
    EXPECT_EQ(log.phase(), Phase::Checking);
    ASSERT_TRUE(log.current());
    registry.apply(UpdatePhase{Phase::Preparing, "7.2", 77});
    registry.apply(moment("u", Milestone::Asked));
    EXPECT_EQ(log.current()->to, "7.2");
    EXPECT_EQ(log.current()->deadline, 77u);
    EXPECT_EQ(log.current()->moments.size(), 1u);
    expectSound(registry);
    registry.apply(UpdateEnded{"aborted", "by command"});
    EXPECT_EQ(log.phase(), Phase::Idle);
    EXPECT_FALSE(log.current());
    ASSERT_EQ(log.past().size(), 1u);
    EXPECT_EQ(log.past()[0].outcome, "aborted");
    EXPECT_EQ(log.past()[0].words, "by command");
    expectSound(registry);
}

TEST(UpdateLog, PassesOverRecordsOfWhatIsNotThere) {
    Registry registry;
    for (Record record : std::vector<Record>{ImageUnloaded{}, InhibitorGone{9}, UpdatePhase{Phase::Leaving, "x", 1},
                                             moment("none", Milestone::Claimed), moment("", Milestone::Claimed),
                                             UpdateEnded{"aborted", ""}, SessionCarried{9}})
        registry.apply(record);
    EXPECT_EQ(registry.updates().phase(), Phase::Idle);
    EXPECT_TRUE(registry.updates().past().empty());
    expectSound(registry);
}

TEST(UpdateLog, RemembersImageAndInhibitorsUntilTheKernelIsReplaced) {
    Registry registry;
    registry.apply(ImageLoaded{{.uuid = "i", .release = "7.2"}});
    registry.apply(InhibitorAdded{{.id = 4, .who = "a"}});
    registry.apply(InhibitorAdded{{.id = 5, .who = "b"}});
    registry.apply(InhibitorGone{5});
    EXPECT_EQ(registry.updates().nextInhibitor(), 6u) << "ids are not given again";
    EXPECT_EQ(registry.updates().image()->release, "7.2");
    expectSound(registry);
    registry.crossOver({.bootId = "b2"});
    EXPECT_FALSE(registry.updates().image());
    EXPECT_TRUE(registry.updates().inhibitors().empty());
    registry.apply(ImageLoaded{{.uuid = "j"}});
    registry.apply(ImageUnloaded{});
    EXPECT_FALSE(registry.updates().image());
    expectSound(registry);
}

TEST(UpdateLog, AnUpdateInAnyPhaseWhereClientsWereAskedLedToTheNextBoot) {
    for (Phase phase : {Phase::Preparing, Phase::Prepared, Phase::Leaving}) {
        SCOPED_TRACE(word(phase));
        auto registry = inPhase(phase);
        registry.crossOver({.bootId = "b2"});
        const UpdateLog& log = registry.updates();
        EXPECT_EQ(log.phase(), Phase::Idle);
        ASSERT_TRUE(log.arrivedBy());
        EXPECT_EQ(log.arrivedBy()->outcome, "under-way") << "the verdict is to come";
        registry.noteHandover(Handover::Partial);
        EXPECT_EQ(log.arrivedBy()->outcome, "partial");
        registry.apply(VerdictMade{Handover::Done, "seen"});
        EXPECT_EQ(log.arrivedBy()->outcome, "done");
        EXPECT_EQ(log.arrivedBy()->words, "seen");
        EXPECT_EQ(log.verdict(), "seen");
        EXPECT_EQ(registry.boot().handover, Handover::Done);
        expectSound(registry);
    }
}

TEST(UpdateLog, AnUpdateStillBeingCheckedDidNotLeadAnywhere) {
    auto registry = inPhase(Phase::Checking);
    registry.crossOver({.bootId = "b2"});
    EXPECT_FALSE(registry.updates().arrivedBy());
    registry.noteHandover(Handover::Done);
    ASSERT_EQ(registry.updates().past().size(), 1u);
    EXPECT_EQ(registry.updates().past()[0].outcome, "aborted");
    expectSound(registry);
}

TEST(UpdateLog, ABootWithoutAnUpdateWasNotLedToByTheOneBefore) {
    auto registry = inPhase(Phase::Leaving);
    registry.crossOver({.bootId = "b2"});
    registry.apply(VerdictMade{Handover::Partial, "some lost"});
    registry.crossOver({.bootId = "b3"});
    registry.noteHandover(Handover::Done);
    EXPECT_FALSE(registry.updates().arrivedBy());
    EXPECT_EQ(registry.updates().verdict(), "");
    EXPECT_EQ(registry.updates().past().back().outcome, "partial") << "it keeps its own";
}

TEST(UpdateLog, SessionsAreClaimedForTheUpdateThatBroughtThemWhileAnotherIsUnderWay) {
    auto registry = inPhase(Phase::Leaving, "first");
    registry.crossOver({.bootId = "b2"});
    registry.apply(UpdateBegan{Update{.uuid = "second"}});
    registry.apply(moment("first", Milestone::Claimed, "vm"));
    EXPECT_EQ(registry.updates().arrivedBy()->moments.size(), 1u);
    EXPECT_TRUE(registry.updates().current()->moments.empty());
    expectSound(copyOf(registry));
    EXPECT_EQ(copyOf(registry).updates().arrivedBy()->uuid, "first");
}

TEST(UpdateLog, MomentsOfASecondAttemptWithTheSameImageAreItsOwn) {
    auto registry = inPhase(Phase::Preparing);
    registry.apply(UpdateEnded{"aborted", ""});
    registry.apply(UpdateBegan{Update{.uuid = "u"}});
    registry.apply(moment("u", Milestone::Requested));
    EXPECT_TRUE(registry.updates().past()[0].moments.empty());
    EXPECT_EQ(registry.updates().current()->moments.size(), 1u);
}

TEST(UpdateLog, KeepsTheLastTwenty) {
    Registry registry;
    for (int i = 0; i < 25; ++i) {
        registry.apply(UpdateBegan{Update{.uuid = std::to_string(i)}});
        registry.apply(UpdateEnded{"aborted", ""});
    }
    EXPECT_EQ(registry.updates().past().size(), 20u);
    EXPECT_EQ(registry.updates().past().front().uuid, "5");
    EXPECT_EQ(registry.updates().find("4"), nullptr);
    EXPECT_EQ(registry.updates().find("24")->uuid, "24");
    expectSound(registry);
}

TEST(UpdateLog, ACarriedSessionIsOutgoingAndIsNotCarriedAnyMoreOnceItCameOver) {
    Registry registry;
    Session session{.id = 3, .owner = 1, .direction = Direction::Incoming, .lent = true, .name = "a", .kernelName = "ka"};
    registry.apply(SessionAdded{session});
    registry.apply(FilesListed{3, {File{.token = 1, .state = FileState::Waiting, .size = 7}}});
    registry.apply(SessionCarried{3});
    const Session* carried = registry.find(1, Direction::Outgoing, "a");
    ASSERT_TRUE(carried);
    EXPECT_EQ(registry.find(1, Direction::Incoming, "a"), nullptr);
    EXPECT_TRUE(carried->carried);
    EXPECT_FALSE(carried->lent);
    EXPECT_EQ(carried->state, SessionState::Rebuilding);
    EXPECT_EQ(carried->files.at(1).state, FileState::Preserved);
    expectSound(registry);
    EXPECT_TRUE(copyOf(registry).find(3)->carried);
    registry.crossOver({.bootId = "b2"});
    EXPECT_FALSE(registry.find(3)->carried);
}

} // namespace
} // namespace luod::test
