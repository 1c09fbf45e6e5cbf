// SPDX-License-Identifier: LGPL-2.1-or-later

// Devices that are unplugged while files of theirs are preserved.

#include "core/names.hpp"
#include "support/open_fds.hpp"
#include "unit/core_drive.hpp"

namespace luod::test {
namespace {

using Tokens = std::set<Token>;

class DevicesTest : public testing::Test {
protected:
    void SetUp() override {
        start();
        id = *life->create(1000, "vm");
        ASSERT_TRUE(life->preserve(id, offers(offer(1, "ram", "ram"), device(2, "nic", "511:0", "0000:00:04.0"),
                                              device(3, "gpu", "511:1", "0000:00:05.0"))));
        life->events.take();
    }
    void start() {
        life.reset();
        life = std::make_unique<Life>(world);
        ASSERT_TRUE(life->start());
        life->custodian->lookAfterDevices(); // as the daemon does
    }
    Offer device(Token token, const std::string& name, const std::string& number, const std::string& address) {
        Offer made = offer(token, name, name);
        world.inspector.isDevice(made.fd.get(), number, address);
        return made;
    }
    void unplug(const std::string& number) {
        world.inspector.gone.insert(number);
        life->custodian->lookAfterDevices();
    }
    const Session& session() { return *life->registry.find(id); }
    FileState state(Token token) { return session().files.at(token).state; }
    Tokens inKernel() {
        Tokens tokens;
        for (const auto& [token, file] : world.luo.find(kernelName(1000, "vm"), false)->files)
            tokens.insert(token);
        return tokens;
    }

    World world{};
    std::unique_ptr<Life> life;
    SessionId id = 0;
};

TEST_F(DevicesTest, NothingHappensWhileAllAreThere) {
    life->custodian->lookAfterDevices();
    EXPECT_EQ(life->events.take(), (Said{}));
    EXPECT_EQ(session().invalid, 0u);
    EXPECT_EQ(stateWord(session()), "active");
}

TEST_F(DevicesTest, AnUnpluggedOneMakesItsFileInvalidAndIsSaidOnce) {
    unplug("511:0");
    EXPECT_EQ(life->events.take(), (Said{"invalid vm: 2"}));
    EXPECT_EQ(state(2), FileState::Invalid);
    EXPECT_EQ(state(3), FileState::Preserved);
    EXPECT_EQ(stateWord(session()), "invalid");
    life->custodian->lookAfterDevices();
    EXPECT_EQ(life->events.take(), (Said{}));
}

TEST_F(DevicesTest, WhatLuodHeldOfItIsLetGo) {
    auto fds = openFds();
    unplug("511:0");
    EXPECT_EQ(openFds(), fds - 1);
}

TEST_F(DevicesTest, ItIsWrittenDown) {
    unplug("511:0");
    world.inspector.gone.clear(); // another device in the same place would not be this one
    start();
    EXPECT_EQ(state(2), FileState::Invalid);
    EXPECT_EQ(life->events.take(), (Said{}));
}

TEST_F(DevicesTest, OneThatWentWhileThereWasNoLuodIsFoundAtItsStart) {
    life.reset();
    world.inspector.gone.insert("511:1");
    start();
    EXPECT_EQ(life->events.take(), (Said{"invalid vm: 3"}));
    EXPECT_EQ(state(2), FileState::Preserved);
}

TEST_F(DevicesTest, OneThatGoesWhileItIsPreservedIsFoundThen) {
    auto b = *life->create(1000, "b");
    life->events.take();
    world.inspector.gone.insert("511:7");
    ASSERT_TRUE(life->preserve(b, offers(device(1, "nic", "511:7", "0000:00:07.0"))));
    EXPECT_EQ(life->events.take(), (Said{"preserved b: 1", "invalid b: 1"}));
}

TEST_F(DevicesTest, ALedgerThatCannotBeWrittenHidesNothing) {
    world.script.fail("write", EIO);
    unplug("511:0");
    EXPECT_EQ(state(2), FileState::Invalid);
    start();
    EXPECT_EQ(life->events.take(), (Said{"invalid vm: 2"})) << "found again";
}

TEST_F(DevicesTest, OperationsOnTheFileFailWithTheirOwnErrorAndOthersWork) {
    unplug("511:0");
    EXPECT_TRUE(failsWith(Errc::FileInvalid, life->custodian->annotate(id, 2, "x", {}), "0000:00:04.0 was unplugged"));
    EXPECT_TRUE(life->custodian->annotate(id, 1, "memory", {}));
    world.inspector.findings.clear(); // the device's descriptor is closed, and its number free again
    EXPECT_TRUE(life->preserve(id, offers(offer(9, "more"))));
    EXPECT_TRUE(life->custodian->open(id));
}

TEST_F(DevicesTest, TakenOutItIsGone) {
    unplug("511:0");
    ASSERT_TRUE(life->takeOut(id, 2));
    EXPECT_EQ(inKernel(), (Tokens{1, 3}));
    EXPECT_EQ(stateWord(session()), "active");
}

TEST_F(DevicesTest, OfTwoEachIsTakenOutForItselfAndTheKernelIsNotAskedForTheOther) {
    unplug("511:0");
    unplug("511:1");
    EXPECT_EQ(session().invalid, 2u);
    ASSERT_TRUE(life->takeOut(id, 2));
    EXPECT_EQ(inKernel(), (Tokens{1}));
    EXPECT_EQ(state(3), FileState::Invalid) << "its owner has not heard the end of it";
    ASSERT_TRUE(life->takeOut(id, 3));
    EXPECT_EQ(inKernel(), (Tokens{1}));
    EXPECT_EQ(stateWord(session()), "active");
}

TEST_F(DevicesTest, ASessionMadeAnewByARestartKeepsItInTheList) {
    unplug("511:0");
    world.script.always("create", EBUSY);
    EXPECT_FALSE(life->takeOut(id, 1));
    life.reset();
    world.script.calm();
    start();
    EXPECT_FALSE(life->noted(Note::FileLost));
    EXPECT_EQ(inKernel(), (Tokens{3}));
    EXPECT_EQ(state(2), FileState::Invalid);
}

TEST_F(DevicesTest, OneThatGoesWhileTheSessionIsMadeAnewIsLeftOutTheNextTime) {
    Result<> taken;
    life->custodian->takeOut(id, 1, [&](auto r) { taken = r; });
    unplug("511:1");
    EXPECT_EQ(state(3), FileState::Invalid);
    world.script.fail("preserve", ENODEV, 1); // the kernel knows it, too
    life->workers.drain();
    EXPECT_FALSE(taken);
    life->custodian->resumeRebuilding();
    life->workers.drain();
    EXPECT_EQ(inKernel(), (Tokens{2}));
    EXPECT_EQ(stateWord(session()), "invalid");
}

TEST_F(DevicesTest, WhatItsOwnerPreservedIsKnownByThePciAddressInItsMetadata) {
    auto b = *life->create(1000, "b");
    auto kernel = life->custodian->open(b);
    ASSERT_TRUE(kernel);
    for (Token token : {1, 2, 3})
        ASSERT_TRUE(world.luo.preserve((*kernel)->get(), memfd("x").get(), token));
    auto known = claim(1), wrong = claim(2), unknown = claim(3);
    known.metadata = {{"pci-address", std::string("0000:00:05.0")}};
    wrong.metadata = {{"pci-address", std::uint32_t(5)}};
    ASSERT_TRUE(life->notePreserved(b, offers(std::move(known), std::move(wrong), std::move(unknown))));
    EXPECT_EQ(life->registry.find(b)->files.at(1).driver, "vfio-pci");
    life->events.take();
    unplug("511:1");
    EXPECT_EQ(life->events.take(), (Said{"invalid vm: 3", "invalid b: 1"}));
    EXPECT_TRUE(failsWith(Errc::CannotTakeOut, life->takeOut(b, 1), "lent by Open")) << "it can be discarded";
    EXPECT_TRUE(life->discard(b));
}

TEST_F(DevicesTest, DiscardingTheSessionEndsIt) {
    unplug("511:0");
    ASSERT_TRUE(life->discard(id));
    life->custodian->lookAfterDevices();
    EXPECT_TRUE(life->registry.withDevices().empty());
}

// With 'files' forced, it goes over all the same: whatever the kernel made of it, nobody is given it.
TEST_F(DevicesTest, AfterAnUpdateThatWasForcedItIsStillInvalid) {
    unplug("511:0");
    world.kexec(true);
    start();
    EXPECT_EQ(state(2), FileState::Invalid);
    EXPECT_EQ(state(3), FileState::Waiting);
    EXPECT_TRUE(failsWith(Errc::FileInvalid, life->retrieve(id, 2), "invalid"));
    EXPECT_TRUE(failsWith(Errc::FileInvalid, life->page(id, 0, 16), "invalid"));
    EXPECT_TRUE(failsWith(Errc::FileInvalid, life->custodian->noteRetrieved(id, {2})));
    EXPECT_TRUE(failsWith(Errc::FileInvalid, life->await<void>([&](auto done) { life->custodian->carryForward(id, done); })));
    EXPECT_TRUE(life->retrieve(id, 1));
    world.inspector.gone.insert("511:1"); // numbers of the boot before
    life->custodian->lookAfterDevices();
    EXPECT_EQ(session().invalid, 1u);
    EXPECT_TRUE(life->finish(id));
}

class UnpluggedInUpdateTest : public DriveTest {
protected:
    void SetUp() override {
        DriveTest::SetUp();
        auto id = *life->create(1000, "vm");
        Offer nic = offer(2, "nic");
        world.inspector.isDevice(nic.fd.get(), "511:0", "0000:00:04.0");
        ASSERT_TRUE(life->preserve(id, offers(std::move(nic))));
        session = id;
    }
    void unplug() {
        world.inspector.gone.insert("511:0");
        life->custodian->lookAfterDevices();
        conductor->invalidated(*life->registry.find(session)); // as the daemon's events do
    }
    SessionId session = 0;
};

TEST_F(UnpluggedInUpdateTest, WhileItIsChecked) {
    begin();
    unplug();
    EXPECT_TRUE(failsWith(Errc::FileInvalid, answer, "session 'vm' of uid 1000"));
    EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(UnpluggedInUpdateTest, WhileClientsGetReadyTheyAreToldToGoOn) {
    lock("vm");
    ask();
    events.take();
    unplug();
    EXPECT_EQ(phase(), Phase::Idle);
    EXPECT_TRUE(events.take().back().starts_with("over aborted: a device behind a file")) << last().words;
}

TEST_F(UnpluggedInUpdateTest, OnTheWayDownUnderSystemd) {
    goToLeaving(UpdateMode::Systemd);
    unplug();
    EXPECT_EQ(phase(), Phase::Idle);
    EXPECT_FALSE(isSealed());
}

TEST_F(UnpluggedInUpdateTest, WhenTheKernelHasTheWordItDecides) {
    goToLeaving(UpdateMode::Direct);
    unplug();
    EXPECT_EQ(phase(), Phase::Leaving);
    machine.answer.leave(fail(Errc::KernelRefused, "the device is gone"));
    EXPECT_EQ(phase(), Phase::Idle);
}

TEST_F(UnpluggedInUpdateTest, ItGoesOnWhereFilesAreForced) {
    lock("vm");
    ask({.forced = {"files"}});
    unplug();
    EXPECT_EQ(phase(), Phase::Preparing);
}

} // namespace
} // namespace luod::test
