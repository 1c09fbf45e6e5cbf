// SPDX-License-Identifier: LGPL-2.1-or-later

// What a starting luod makes of a kernel that has trouble with what it was handed.

#include "core/names.hpp"
#include "unit/core_life.hpp"

namespace luod::test {
namespace {

using Names = std::set<std::string>;

class KexecTest : public testing::Test {
protected:
    Result<> start() {
        life.reset();
        life = std::make_unique<Life>(world);
        return life->start();
    }
    void SetUp() override {
        ASSERT_TRUE(start());
        for (auto name : {"a", "b"}) {
            auto id = life->create(1, name);
            ASSERT_TRUE(id);
            ASSERT_TRUE(life->preserve(*id, offers(offer(1, name))));
        }
    }
    void kexec(bool carry = false) {
        life.reset();
        world.kexec(carry);
    }
    const Session* come(const std::string& name) { return life->find(1, name, Direction::Incoming); }

    World world{};
    std::unique_ptr<Life> life;
};

TEST_F(KexecTest, ASessionThatTheKernelWasNotHandedIsLostAndTheRestComeIn) {
    life.reset();
    world.store.lose("s1"); // and with it the kernel's session
    world.kexec(false);
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Partial);
    EXPECT_TRUE(life->noted(Note::SessionLost));
    EXPECT_EQ(life->registry.find(1)->state, SessionState::Lost);
    ASSERT_TRUE(come("b"));
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Partial) << "after a restart too";
    EXPECT_EQ(life->registry.find(1)->state, SessionState::Lost);
    EXPECT_TRUE(life->discard(1));
}

TEST_F(KexecTest, ASessionThatAnotherProgramRetrievedIsLost) {
    kexec();
    auto thief = world.luo.handOut(kernelName(1, "a"));
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Partial);
    EXPECT_EQ(life->registry.find(1)->state, SessionState::Lost);
}

TEST_F(KexecTest, AnUnreadableHandoverIsReported) {
    kexec();
    world.script.always("retrieveSession", EIO);
    world.script.always("create", EIO);
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Unreadable);
    EXPECT_FALSE(life->keeper.hasMarker());
    EXPECT_TRUE(failsWith(Errc::Unavailable, life->create(1, "c")));
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Unreadable) << "after a restart too";
}

TEST_F(KexecTest, ABootWithoutLiveUpdateBeginsAnew) {
    for (int err : {ENODEV, ENXIO}) {
        kexec();
        world.script.always("retrieveSession", err);
        world.script.always("create", err);
        ASSERT_TRUE(start());
        EXPECT_EQ(life->handover, Handover::None);
        EXPECT_TRUE(life->registry.sessions().empty());
        world.store.clearAfter([] {});
    }
}

TEST_F(KexecTest, ABusyDeviceIsNoAnswerAndNothingIsChanged) {
    kexec();
    for (std::size_t after : {0, 1}) {
        world.script.fail("retrieveSession", EBUSY, after);
        EXPECT_TRUE(failsWith(Errc::Busy, start()));
        EXPECT_FALSE(life->keeper.refusal());
        world.script.calm();
        EXPECT_FALSE(world.luo.find(kernelName(1, "a"), true)->retrieved);
    }
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Done);
    EXPECT_TRUE(come("a"));
    EXPECT_TRUE(come("b"));
}

TEST_F(KexecTest, ADeviceThatIsBusyHalfWayIsAskedAgainAtTheNextStart) {
    for (bool carry : {false, true}) {
        SCOPED_TRACE(carry);
        kexec(carry);
        if (!carry) {
            world.script.fail("retrieveSession", EBUSY, 3); // two markers and "a"
            EXPECT_TRUE(failsWith(Errc::Busy, start()));
            EXPECT_EQ(world.store.names(), (Names{"mi1", "s1"}));
            life.reset();
        }
        ASSERT_TRUE(start());
        EXPECT_EQ(life->handover, Handover::Done);
        EXPECT_TRUE(come("a"));
        EXPECT_TRUE(come("b"));
        EXPECT_TRUE(world.luo.thrownAway.empty());
        for (auto name : {"a", "b"})
            ASSERT_TRUE(life->finish(come(name)->id));
        if (!carry) {
            ASSERT_TRUE(life->create(1, "a"));
            ASSERT_TRUE(life->create(1, "b"));
        }
    }
}

TEST_F(KexecTest, ADeviceThatLuodMayNotOpenLeavesTheHandoverWhereItIs) {
    kexec();
    world.script.always("retrieveSession", EACCES);
    EXPECT_TRUE(failsWith(Errc::Unavailable, start(), "may not open"));
    world.script.calm();
    ASSERT_TRUE(start());
    EXPECT_TRUE(come("a"));
}

TEST_F(KexecTest, AMarkerWhoseLedgerDoesNotComeOutJustNowIsKept) {
    kexec();
    world.script.fail("retrieve", EMFILE);
    EXPECT_TRUE(failsWith(Errc::LimitReached, start(), "the ledger cannot be taken out"));
    EXPECT_TRUE(world.store.contains("mi1"));
    world.script.fail("retrieve", ENOMEM);
    EXPECT_FALSE(start());
    ASSERT_TRUE(start());
    EXPECT_TRUE(come("a"));
    EXPECT_TRUE(world.luo.thrownAway.empty());
}

TEST_F(KexecTest, AMarkerWhoseLedgerDoesNotComeOutAtAllIsRefusedAndKept) {
    kexec();
    world.script.fail("retrieve", EIO);
    ASSERT_TRUE(start());
    ASSERT_TRUE(life->keeper.refusal());
    EXPECT_TRUE(life->noted(Note::LedgerRefused));
    EXPECT_EQ(world.store.names(), Names{"mi1"});
    EXPECT_TRUE(failsWith(Errc::LedgerTrouble, life->create(1, "c")));
}

TEST_F(KexecTest, AnEmptyMarkerSessionCountsForNothing) {
    auto empty = world.luo.createSession("luod.marker.a");
    world.store.put("stray", empty->get());
    empty = {};
    kexec();
    ASSERT_TRUE(start());
    EXPECT_EQ(life->handover, Handover::Done);
    EXPECT_TRUE(come("a"));
}

TEST_F(KexecTest, ASecondKexecLosesWhatWasNotFinishedInBetween) {
    kexec();
    ASSERT_TRUE(start());
    ASSERT_TRUE(life->finish(come("b")->id));
    auto again = life->create(1, "a");
    ASSERT_TRUE(life->preserve(*again, offers(offer(1, "second"))));
    for (bool carry : {false, true}) {
        kexec(carry);
        ASSERT_TRUE(start());
        EXPECT_TRUE(life->noted(Note::SessionLost));
        EXPECT_EQ(life->registry.find(1)->state, SessionState::Lost) << "the first 'a'";
        EXPECT_EQ(life->registry.find(2), nullptr);
        if (carry)
            continue;
        ASSERT_TRUE(come("a"));
        EXPECT_EQ(come("a")->id, *again);
        EXPECT_EQ(life->registry.boot().liveUpdates, 2u);
        EXPECT_EQ(contentOf(life->retrieve(*again, 1)->fd.get()), "second");
    }
    EXPECT_EQ(life->registry.find(*again)->state, SessionState::Lost);
    EXPECT_EQ(life->registry.boot().liveUpdates, 3u);
    EXPECT_TRUE(life->discard(1));
    EXPECT_TRUE(life->discard(*again));
}

// There is nothing to make it anew from; what the kernel was handed of it is what there is.
TEST_F(KexecTest, ASessionThatWasBeingMadeAnewComesInWithWhatItHeld) {
    auto id = life->find(1, "a")->id;
    ASSERT_TRUE(life->preserve(id, offers(offer(2, "two"), offer(3, "three"))));
    life->custodian->takeOut(id, 1, [](auto) {});
    world.script.onKill = [&] { world.kexec(false); };
    world.script.calls = 0;
    world.script.killAt = 4; // settle, create, preserve of file 2; then the kernel is replaced
    EXPECT_THROW(life->workers.work(id), Killed);
    life.reset();
    world.script.calm();
    ASSERT_TRUE(start());
    EXPECT_TRUE(life->noted(Note::FileLost));
    ASSERT_TRUE(come("a"));
    EXPECT_EQ(come("a")->state, SessionState::Active);
    auto page = life->page(id, 0, 10);
    ASSERT_TRUE(page) << page.error().words;
    ASSERT_EQ(page->files.size(), 1u);
    EXPECT_EQ(contentOf(page->files[0].fd.get()), "two");
    EXPECT_TRUE(life->finish(id));
    EXPECT_TRUE(world.luo.thrownAway.empty()) << "it was not closed to be made anew";
}

TEST_F(KexecTest, ASessionThatTheServiceManagerDoesNotTakeIsHeldAllTheSame) {
    kexec();
    world.script.fail("store", ENOBUFS, 1); // the marker's, then "a"
    ASSERT_TRUE(start());
    EXPECT_TRUE(life->noted(Note::SessionLost)) << "a crash would lose it";
    ASSERT_TRUE(come("a"));
    EXPECT_TRUE(life->retrieve(come("a")->id, 1));
}

} // namespace
} // namespace luod::test
